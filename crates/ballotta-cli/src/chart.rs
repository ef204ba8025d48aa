//! The result as bars: in a terminal, and as a picture.

use std::fmt::Write as _;

use ballotta::manifest::{Contest, Manifest, QuorumBase, QuorumOf, QuorumRule};
use ballotta::record::{ContestResult, ResultDocument, WithheldReason};

use crate::console::{grouped, percent};

/// One bar: what it is called, and its total.
struct Bar {
    label: String,
    total: u64,
}

fn bars(contest: &Contest, result: &ContestResult, language: &str) -> Vec<Bar> {
    let options = contest.options.iter().zip(&result.options).filter_map(|(option, result)| {
        Some(Bar { label: option.title.get(language).unwrap_or(&option.id).to_owned(), total: result.total? })
    });
    options.chain(result.blank.map(|total| Bar { label: "(blank)".to_owned(), total })).collect()
}

/// A contest and its result, with the title in the manifest's first language.
struct Chart {
    title: String,
    bars: Vec<Bar>,
    weight: u64,
    /// Why there are no bars, if there are none.
    withheld: Option<String>,
}

fn charts<'a>(manifest: &'a Manifest, result: &'a ResultDocument) -> impl Iterator<Item = Chart> + 'a {
    let language = manifest.languages().first().map_or("", String::as_str);
    manifest.contests().iter().zip(&result.contests).map(move |(contest, result)| {
        let title = contest.title.get(language).unwrap_or(&contest.id).to_owned();
        let withheld = result.withheld.map(|reason| match reason {
            WithheldReason::TooFewBallots => format!(
                "not decrypted: {}, fewer than the {} that the manifest asks for",
                counted(result.ballots, "ballot", "ballots"),
                grouped(manifest.privacy().minimum_counted_ballots)
            ),
            WithheldReason::RareWeight => "not decrypted: a weight would single somebody out".to_owned(),
        });
        Chart { title, bars: bars(contest, result, language), weight: result.weight, withheld }
    })
}

/// How much took part: of the voters, of the weight where voters weigh differently, and for the quorum.
fn participation(manifest: &Manifest, result: &ResultDocument) -> Vec<String> {
    let share = |part, whole, what: &str| {
        format!("{} of {} {what} took part ({})", grouped(part), grouped(whole), percent(part, whole))
    };
    let mut lines = vec![share(
        result.counted_ballots,
        result.eligible_voters,
        if result.eligible_voters == 1 { "voter" } else { "voters" },
    )];
    if result.eligible_weight != result.eligible_voters {
        let language = manifest.languages().first().map_or("", String::as_str);
        let unit = manifest.weights().unit.get(language).unwrap_or_default();
        lines.push(share(result.counted_weight, result.eligible_weight, &format!("by weight ({unit})")));
    }
    if let (Some(quorum), Some(rule)) = (&result.quorum, manifest.quorum()) {
        let least = match rule.rule {
            QuorumRule::MoreThan => "more than",
            QuorumRule::AtLeast => "at least",
        };
        let base = match (rule.of, rule.base) {
            (QuorumOf::Heads, QuorumBase::Roll) => "the voters on the roll",
            (QuorumOf::Heads, QuorumBase::Cast) => "the ballots cast",
            (QuorumOf::Weight, QuorumBase::Roll) => "the weight on the roll",
            (QuorumOf::Weight, QuorumBase::Cast) => "the weight cast",
        };
        let [numerator, denominator] = rule.fraction;
        let reached = if quorum.reached { "reached" } else { "NOT REACHED" };
        let share = percent(quorum.counted, quorum.base);
        lines.push(format!("Quorum: {least} {numerator}/{denominator} of {base}; {share} took part: {reached}"));
    }
    lines
}

/// A number with the word for what it counts.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Bars for a terminal, `width` characters for the longest possible one.
pub(crate) fn terminal(manifest: &Manifest, result: &ResultDocument, width: u64) -> String {
    let mut text = String::new();
    for Chart { title, bars, weight, withheld } in charts(manifest, result) {
        let _ = writeln!(text, "  {title}");
        if let Some(withheld) = withheld {
            let _ = writeln!(text, "  {withheld}");
        }
        let label_width = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
        for Bar { label, total } in bars {
            // In eighths of a character.
            let eighths = (u128::from(total) * u128::from(width) * 8).checked_div(weight.into()).unwrap_or(0) as usize;
            let mut bar = "█".repeat(eighths / 8);
            bar.extend(['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)));
            let padding = " ".repeat(label_width - label.chars().count());
            let _ = writeln!(text, "  {label}{padding}  {bar} {} ({})", grouped(total), percent(total, weight));
        }
    }
    for line in participation(manifest, result) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

const ROW: usize = 36;
const LEFT: usize = 200;
const BAR: usize = 480;
const WIDTH: usize = LEFT + BAR + 200;

/// The same as a picture (SVG) that needs no fonts, scripts or links of its own.
pub(crate) fn svg(manifest: &Manifest, result: &ResultDocument) -> String {
    let mut body = String::new();
    let mut y = 24;
    for Chart { title, bars, weight, withheld } in charts(manifest, result) {
        y += 20;
        let _ = writeln!(body, r#"<text x="16" y="{y}" font-size="18" font-weight="600">{}</text>"#, escaped(&title));
        y += 16;
        if let Some(withheld) = withheld {
            let _ = writeln!(body, r##"<text x="16" y="{}" fill="#55606e">{withheld}</text>"##, y + 12);
            y += 24;
        }
        for Bar { label, total } in bars {
            let width = (u128::from(total) * BAR as u128).checked_div(weight.into()).unwrap_or(0);
            let (text, number) = (y + 23, format!("{} ({})", grouped(total), percent(total, weight)));
            let label = escaped(&shortened(&label, 26));
            let _ = writeln!(body, r#"<text x="{}" y="{text}" text-anchor="end">{label}</text>"#, LEFT - 10);
            let _ = writeln!(body, r##"<rect x="{LEFT}" y="{}" width="{BAR}" height="24" fill="#e8ecf1"/>"##, y + 6);
            let _ = writeln!(body, r##"<rect x="{LEFT}" y="{}" width="{width}" height="24" fill="#2f6fb3"/>"##, y + 6);
            let _ = writeln!(body, r#"<text x="{}" y="{text}">{number}</text>"#, LEFT + BAR + 10);
            y += ROW;
        }
        y += 8;
    }
    for line in participation(manifest, result) {
        let _ = writeln!(body, r##"<text x="16" y="{}" fill="#55606e">{}</text>"##, y + 16, escaped(&line));
        y += 24;
    }
    let height = y + 12;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="15" fill="#1c2430">
<rect width="100%" height="100%" fill="#ffffff"/>
{body}</svg>
"##
    )
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
