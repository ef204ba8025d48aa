//! The comparison of a replay as text: a table for each contest, and how many numbers agree.

use ballotta_replay::{Comparison, Number, Ranking};

use crate::console::{counted, grouped, isolated, shortened};

/// The width of the first column, in characters.
const WIDTH: usize = 44;

/// A table of all numbers of a contest. Of the pairs, only those that differ are listed.
pub(super) fn contest(contest: &Comparison) -> String {
    let Comparison { id, title, numbers, pairs, ranking } = contest;
    let mut table =
        format!("{title} ({id})\n  {:WIDTH$} {:>15} {:>15} {:>15}\n", "", "published", "counted", "decrypted");
    table.extend(numbers.iter().map(line));
    if !pairs.is_empty() {
        let same = pairs.iter().filter(|pair| pair.same).count();
        let of = counted(pairs.len() as u64, "pair is", "pairs are");
        table.push_str(&format!("  {same} of {of} the same\n"));
        table.extend(pairs.iter().filter(|pair| !pair.same).map(line));
    }
    if let Some(Ranking { counted, decrypted, same, titles }) = ranking {
        let title = |id: &String| isolated(titles.get(id).unwrap_or(id));
        let tied = |ids: &Vec<String>| ids.iter().map(title).collect::<Vec<_>>().join(" = ");
        let shown = |ranking: &[Vec<String>]| ranking.iter().map(tied).collect::<Vec<_>>().join(" > ");
        table.push_str(&format!("  Schulze: {}   {}\n", shown(counted), sameness(*same)));
        if let Some(decrypted) = decrypted.as_ref().filter(|_| !same) {
            table.push_str(&format!("  decrypted: {}\n", shown(decrypted)));
        }
    }
    table
}

fn sameness(same: bool) -> &'static str {
    if same { "the same" } else { "DIFFERENT" }
}

fn line(number: &Number) -> String {
    let Number { what, published, counted, decrypted, same } = number;
    let [published, counted, decrypted] =
        [published, counted, decrypted].map(|number| number.map_or("-".to_owned(), grouped));
    let what = shortened(what, WIDTH);
    format!("  {what:<WIDTH$} {published:>15} {counted:>15} {decrypted:>15}   {}\n", sameness(*same))
}

/// How many numbers there are, and how many agree. `part` is the number of counted ballots, if it was not all.
pub(super) fn totals(contests: &[Comparison], part: Option<usize>) -> String {
    let all = || contests.iter().flat_map(Comparison::all);
    let count = |wanted: &dyn Fn(&Number) -> bool| all().filter(|number| wanted(number)).count() as u64;
    let same =
        |same: u64, of: u64| format!("{} of {} the same", grouped(same), counted(of, "number is", "numbers are"));
    let published = match (count(&|number| number.published.is_some()), part) {
        (0, Some(1)) => "not compared: only the first ballot was counted".to_owned(),
        (0, Some(part)) => {
            format!("not compared: only the first {} counted", counted(part as u64, "ballot was", "ballots were"))
        }
        (0, None) => "not compared: the source has no numbers of these contests".to_owned(),
        (of, _) => same(count(&|number| number.published.is_some() && number.published == number.counted), of),
    };
    let decrypted = match count(&|number| number.decrypted.is_some()) {
        // Either no election was run, or its result is missing and every number differs.
        0 => String::new(),
        of => {
            let same = same(count(&|number| number.decrypted.is_some() && number.decrypted == number.counted), of);
            format!("\ndecrypted    {same} as the plain count")
        }
    };
    format!("published    {published}{decrypted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_and_what_agrees_is_counted() {
        let number = |what: &str, published, counted, decrypted| Number {
            what: what.to_owned(),
            published,
            counted: Some(counted),
            decrypted,
            same: decrypted.is_none_or(|decrypted| decrypted == counted),
        };
        let of =
            |numbers| Comparison { id: "c".to_owned(), title: "C".to_owned(), numbers, pairs: vec![], ranking: None };
        let right = [of(vec![number("ballots", None, 3, Some(3)), number("A", Some(1), 1, Some(1))])];
        let expected =
            "published    1 of 1 number is the same\ndecrypted    2 of 2 numbers are the same as the plain count";
        assert_eq!(totals(&right, None), expected);
        let plain = [of(vec![number("A", Some(1), 1, None), number("B", Some(2), 2, None)])];
        assert_eq!(totals(&plain, None), "published    2 of 2 numbers are the same");
        let wrong = contest(&of(vec![number("B", Some(2), 2, Some(1))]));
        assert!(wrong.lines().any(|line| line.ends_with("2               2               1   DIFFERENT")), "{wrong}");

        let unpublished = [of(vec![number("A", None, 1, None)])];
        let part = "published    not compared: only the first 1,500 ballots were counted";
        assert_eq!(totals(&unpublished, Some(1_500)), part);
        assert_eq!(totals(&unpublished, Some(1)), "published    not compared: only the first ballot was counted");
        let nothing = "published    not compared: the source has no numbers of these contests";
        assert_eq!(totals(&unpublished, None), nothing);
    }
}
