//! What a manifest allows, but its organiser probably does not want.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Closing, Manifest};

impl Manifest {
    /// What the organiser should know before the key ceremony, as texts for people: one key decrypts everything, one lost
    /// key loses the result, or two trustees or contests cannot be told apart.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self.lost_key().into_iter().collect();
        let trustees: Vec<&str> = self.trustees().members.iter().map(|trustee| trustee.name.as_str()).collect();
        warnings.extend(repeated(&trustees).map(|name| format!("several trustees have the name {name}")));
        for language in self.languages() {
            let titles: Vec<&str> = self.contests().iter().filter_map(|contest| contest.title.get(language)).collect();
            warnings.extend(repeated(&titles).map(|title| format!("several contests have the title {title}")));
        }
        warnings.sort_unstable();
        warnings.dedup();
        warnings
    }

    fn lost_key(&self) -> Option<String> {
        let (members, threshold) = (self.trustees().members.len(), self.trustees().threshold);
        if threshold == 1 {
            return Some(String::from("one trustee alone can decrypt every ballot"));
        }
        if usize::from(threshold) == members {
            return Some(format!("all {members} trustees are needed to decrypt: one lost key loses the result"));
        }
        let all_must_sign = self.closing() == Closing::Statements && self.trustees().statements_needed() == members;
        all_must_sign.then(|| {
            format!(
                "all {members} trustees must sign a statement before any {threshold} of them can decrypt: \
                 one lost key loses the result; name witnesses or more trustees to avoid that"
            )
        })
    }
}

/// The texts that appear more than once, each once.
fn repeated<'a>(texts: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    let mut repeated: Vec<&str> =
        sorted.iter().zip(sorted.iter().skip(1)).filter(|(text, next)| text == next).map(|(text, _)| *text).collect();
    repeated.dedup();
    repeated.into_iter()
}
