//! Output: lines and progress bars for people on the standard error, answers and JSON on the standard output.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use ballotta::record::RecordSource;
use ballotta::verifier::{Progress, ShardError, Verification, VerifierState, VerifyOptions, verify, verify_from};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, WeakProgressBar};
use serde::Serialize;

use crate::failure::Unread;
use crate::record::settled;
use crate::secrets::system_rng;

/// Where a verb prints its messages, progress bars and answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    /// Whether the answer is one JSON value.
    pub(crate) is_json: bool,
    bars: bool,
}

/// Lines about one matter, none of which is said twice in a row.
#[derive(Default)]
pub(crate) struct News {
    last: String,
}

impl News {
    /// Says a line, unless it was the last one.
    pub(crate) fn say(&mut self, console: Console, line: String) {
        if self.last != line {
            console.say(&line);
            self.last = line;
        }
    }

    /// The next line is said in any case.
    pub(crate) fn forget(&mut self) {
        self.last.clear();
    }
}

impl Console {
    /// Bars are drawn only on a terminal. With `is_json`, only the JSON value is printed.
    pub(crate) fn new(is_json: bool) -> Self {
        Self { is_json, bars: !is_json && std::io::stderr().is_terminal() }
    }

    /// Prints a line for people; with `is_json`, prints nothing.
    pub(crate) fn say(self, line: impl AsRef<str>) {
        if !self.is_json {
            print_to_stderr(line.as_ref());
        }
    }

    /// Prints a value as JSON.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<()> {
        print(json_text(&serde_json::to_string_pretty(value).context("the result cannot be written as JSON")?))
    }

    /// Prints the answer of a verb: `line` for people, or with `is_json` the value.
    pub(crate) fn answer(self, line: &str, value: &impl Serialize) -> Result<()> {
        if self.is_json {
            return self.json(value);
        }
        print(line)
    }

    /// Prints one of several answers: `line` for people, or with `is_json` the value on one line.
    pub(crate) fn event(self, line: &str, value: &impl Serialize) -> Result<()> {
        if self.is_json {
            return print(json_text(&serde_json::to_string(value).context("the result cannot be written as JSON")?));
        }
        print(line)
    }

    /// Starts a bar for `total` items of work. When it is finished, it prints the rate.
    pub(crate) fn bar(self, label: &str, total: u64) -> Bar {
        let target = if self.bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target).with_message(label.to_owned());
        // The bar takes the rest of the line, because a line that wraps could not be removed.
        let template = "  {msg:<28} {wide_bar} {human_pos:>9}/{human_len} {rate:>10}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                // If the text cannot be written, nothing is shown.
                let _ = write!(text, "{} /s", whole(state.per_sec()));
            };
            bar.set_style(style.with_key("rate", rate));
        }
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
        Bar { bar, console: self }
    }

    /// Verifies a record, and shows the progress.
    pub(crate) fn verify(self, source: &dyn RecordSource, options: &VerifyOptions) -> Verification {
        let holds = |verification: &Verification| verification.report.holds();
        settled(source, holds, || self.show_progress(|progress| verify(source, options, progress, &mut system_rng())))
    }

    /// Verifies a record, without what was verified for a state, and shows the progress.
    pub(crate) fn verify_from(
        self,
        source: &dyn RecordSource,
        options: &VerifyOptions,
        state: Option<&VerifierState>,
    ) -> Result<(Verification, Option<VerifierState>), ShardError> {
        let holds = |read: &Result<(Verification, _), _>| {
            read.as_ref().is_ok_and(|(verification, _)| verification.report.holds())
        };
        settled(source, holds, || {
            self.show_progress(|progress| verify_from(source, options, state, progress, &mut system_rng()))
        })
    }

    /// Shows the progress of a verification: a bar for each stage, one after the other.
    pub(crate) fn show_progress<R>(self, verification: impl FnOnce(&(dyn Fn(Progress) + Sync)) -> R) -> R {
        let current = Mutex::new(None::<(&'static str, Bar)>);
        verification(&|Progress { stage, done, total }| {
            let Ok(mut current) = current.lock() else { return };
            if current.as_ref().is_none_or(|(shown, _)| *shown != stage) {
                let label = match stage {
                    "roll" => "reading the roll (bytes)",
                    "parts" => "verifying the parts of credentials",
                    "board" => "reading the board",
                    _ => "verifying ballots",
                };
                // The previous bar must be removed before the next one is drawn.
                *current = None;
                *current = Some((stage, self.bar(label, total)));
            }
            if let Some((_, bar)) = current.as_ref() {
                bar.bar.set_position(done);
            }
        })
    }
}

/// Prints a line on the standard output. Fails if its reader, such as `head`, has closed it.
pub(crate) fn print(line: impl Display) -> Result<()> {
    let line = for_terminal(&line.to_string());
    above_the_bar(|| writeln!(std::io::stdout(), "{line}")).or_else(unwritten)
}

/// The error of a standard output that cannot be written. If its reader has closed it, nothing is said about that.
pub(crate) fn unwritten<T>(error: std::io::Error) -> Result<T> {
    let is_unread = error.kind() == std::io::ErrorKind::BrokenPipe;
    let error = anyhow::Error::new(error).context("the standard output cannot be written");
    Err(if is_unread { error.context(Unread) } else { error })
}

/// Prints a line on the standard error. If nobody reads it, the line is lost: what is only said to people never ends a
/// verb, which may already have written to a board.
pub(crate) fn print_to_stderr(line: impl Display) {
    let line = for_terminal(&line.to_string());
    above_the_bar(|| {
        let _ = writeln!(std::io::stderr(), "{line}");
    });
}

/// Whether a character would do something else on a terminal than appear: move or hide what is there (control
/// characters, as in escape sequences), begin another line, or turn the direction of other texts. Isolates are those of
/// [`isolated`]; they end with the line and turn nothing else.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}' | '\u{2067}')
}

/// A text of somebody else, such as the name of a file, as it is shown on one line: without characters that would do
/// something else on a terminal than appear.
pub(crate) fn escaped(text: &str) -> String {
    escape(text, |character| !is_unsafe(character))
}

fn escape(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_kept(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    shown
}

/// What is printed. Line feeds are those of the command: texts of others that are shown inside a line are [`escaped`].
/// Whatever else is in a text never reaches the terminal as it is.
fn for_terminal(text: &str) -> String {
    escape(text, |character| !is_unsafe(character) || matches!(character, '\n' | '\t'))
}

/// JSON with escapes for all characters that a terminal does not show.
pub(crate) fn json_text(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unsafe(character) && character != '\n' {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units).iter();
            units.for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(character);
        }
    }
    text
}

/// A path as people see it.
pub(crate) trait Shown {
    /// Returns the path on one line, with escapes for what a terminal would not show.
    fn shown(&self) -> String;
}

impl Shown for Path {
    fn shown(&self) -> String {
        escaped(&self.display().to_string())
    }
}

/// Whether a person can be asked: the standard input and the standard error are terminals.
pub(crate) fn is_at_a_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether somebody is at a terminal and cannot be asked: only one of the two is a terminal.
pub(crate) fn is_half_at_a_terminal() -> bool {
    std::io::stdin().is_terminal() != std::io::stderr().is_terminal()
}

/// The bar that is on the terminal now, if any.
static SHOWN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Removes the bar from the terminal while `write` runs. Otherwise the bar would later remove the last line that was
/// printed.
fn above_the_bar<R>(write: impl FnOnce() -> R) -> R {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(WeakProgressBar::upgrade);
    match shown {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// The progress of one piece of work.
pub(crate) struct Bar {
    bar: ProgressBar,
    console: Console,
}

impl Bar {
    /// Records that `count` more items are done.
    pub(crate) fn inc(&self, count: u64) {
        self.bar.inc(count);
    }

    /// Removes the bar, and prints the number of items, the time and the rate.
    pub(crate) fn finish(self) {
        let (label, items, seconds) = (self.bar.message(), self.bar.position(), self.bar.elapsed().as_secs_f64());
        self.bar.finish_and_clear();
        let rate = if seconds > 0.0 { items as f64 / seconds } else { 0.0 };
        let (items, rate) = (grouped(items), whole(rate));
        self.console.say(format!("  {label:<36} {items:>9} {seconds:>8.1} s {rate:>12} /s"));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How long each stage of a long work took, in seconds.
pub(crate) struct StageTimes {
    pub(crate) times: BTreeMap<&'static str, f64>,
    began: Instant,
}

impl StageTimes {
    pub(crate) fn start() -> Self {
        Self { times: BTreeMap::new(), began: Instant::now() }
    }

    pub(crate) fn end(&mut self, stage: &'static str) {
        self.times.insert(stage, self.began.elapsed().as_secs_f64());
        self.began = Instant::now();
    }
}

/// Formats a rate as a whole number.
pub(crate) fn whole(rate: f64) -> String {
    grouped(rate.round() as u64)
}

/// Formats a title that appears between other texts. A title that is written from right to left is put between Unicode
/// isolates; otherwise a terminal would show `1. A > B` in another order. Manifests cannot contain these characters.
pub(crate) fn isolated(title: &str) -> String {
    let is_right_to_left = |character: char| {
        matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    if title.contains(is_right_to_left) { format!("\u{2068}{title}\u{2069}") } else { title.to_owned() }
}

/// Returns a text of at most `most` characters. The end of a longer text is replaced by an ellipsis.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Formats a number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    match number {
        ..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

/// Formats a number and the noun for what it counts, in the singular or the plural.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Formats `part` of `whole` as a percentage with two decimals, rounded to the nearest, in exact integers.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let hundredths = (part * 20_000 + whole).checked_div(2 * whole).unwrap_or(0);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Formats a duration in seconds with one decimal.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F8: no text of somebody else does anything on a terminal.
    #[test]
    fn f8_texts_of_others_only_appear() {
        let foreign = "a\u{1b}]0;x\u{7}\u{9b}31m\u{202e}b\u{2066}\n\r\u{7f}Città\u{2028}'\\";
        let shown = "a\\u{1b}]0;x\\u{7}\\u{9b}31m\\u{202e}b\\u{2066}\\n\\r\\u{7f}Città\\u{2028}'\\";
        assert_eq!(escaped(foreign), shown);
        assert_eq!(Path::new("a\u{1b}\nb").shown(), "a\\u{1b}\\nb");
        assert_eq!(for_terminal(&format!("{}\n\u{1b}", isolated("א"))), "\u{2068}א\u{2069}\n\\u{1b}");
        let json = json_text(&serde_json::to_string(foreign).unwrap());
        assert!(json.chars().all(|character| !is_unsafe(character)), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), foreign);
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(113_894), "113,894");
        assert_eq!(counted(1, "voter", "voters"), "1 voter");
        assert_eq!(counted(0, "voter", "voters"), "0 voters");
        assert_eq!(percent(53_238, 60_940), "87.36 %");
        assert_eq!(percent(1, 0), "0.00 %");
        assert_eq!(percent(7, 7), "100.00 %");
        assert_eq!(whole(1_086.757_757), "1,087");
    }
}
