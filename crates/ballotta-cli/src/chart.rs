//! The result as bars: in a terminal, and as a picture.

use std::fmt::Write as _;

use ballotta::manifest::{Contest, Manifest};
use ballotta::record::{ContestResult, ResultDocument, WithheldReason};

use crate::console::{grouped, percent};

/// One bar: what it is called, and its total.
struct Bar {
    label: String,
    total: u64,
}

fn bars(contest: &Contest, result: &ContestResult, language: &str) -> Vec<Bar> {
    let options = contest.options.iter().zip(&result.options).map(|(option, result)| Bar {
        label: option.title.get(language).unwrap_or(&option.id).to_owned(),
        total: result.total,
    });
    options.chain(result.blank.map(|total| Bar { label: "(blank)".to_owned(), total })).collect()
}

/// A contest and its result, with the title in the manifest's first language.
struct Chart {
    title: String,
    bars: Vec<Bar>,
    weight: u64,
    /// Why there are no bars, if there are none.
    withheld: Option<&'static str>,
}

fn charts<'a>(manifest: &'a Manifest, result: &'a ResultDocument) -> impl Iterator<Item = Chart> + 'a {
    let language = manifest.languages().first().map_or("", String::as_str);
    manifest.contests().iter().zip(&result.contests).map(move |(contest, result)| {
        let title = contest.title.get(language).unwrap_or(&contest.id).to_owned();
        let withheld = result.withheld.map(|reason| match reason {
            WithheldReason::TooFewBallots => "not decrypted: too few ballots",
            WithheldReason::RareWeight => "not decrypted: a weight would single somebody out",
        });
        Chart { title, bars: bars(contest, result, language), weight: result.weight, withheld }
    })
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
    let turnout = format!(
        "{} of {} voters took part ({})",
        grouped(result.counted_ballots),
        grouped(result.eligible_voters),
        percent(result.counted_ballots, result.eligible_voters)
    );
    let _ = writeln!(body, r##"<text x="16" y="{}" fill="#55606e">{turnout}</text>"##, y + 16);
    let height = y + 36;
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
