//! A result as a picture (SVG) without fonts, scripts or links.

use std::fmt::Write as _;

use ballotta::manifest::Manifest;
use ballotta::record::ResultDocument;

use super::{Bar, Block, Chart, GradesRow, Standing, charts, participation, preface};
use crate::console::{grouped, shortened};

const ROW: usize = 36;
const LEFT: usize = 200;
const BAR: usize = 460;
/// The least width of the picture.
const WIDTH: usize = LEFT + BAR + 220;
/// An upper bound of the average width of a character.
const CHARACTER: usize = 8;
/// The number of characters that fit on a line of text, and in front of a bar.
const LINE: usize = 110;
const LABEL: usize = 23;

const GREY: &str = "#55606e";
const GROUND: &str = "#e8ecf1";
const STRONG: &str = "#2f6fb3";

impl Standing {
    fn colour(self) -> &'static str {
        match self {
            Self::Counted | Self::Elected => STRONG,
            Self::Tied => "#d9822b",
            Self::NotElected | Self::Candidate => "#a9bdd3",
            Self::Blank => "#8a94a2",
        }
    }
}

/// The result as a picture.
pub(crate) fn svg(manifest: &Manifest, result: &ResultDocument) -> String {
    let mut canvas = Canvas { body: String::new(), y: 24, width: WIDTH };
    preface(manifest, result).iter().for_each(|line| canvas.line(line));
    for Chart { title, blocks } in charts(manifest, result) {
        canvas.y += 20;
        for line in wrapped(&title, LINE * 5 / 6) {
            canvas.text(16, 0, r#" font-size="18" font-weight="600""#, &line);
            canvas.y += 24;
        }
        canvas.y -= 8;
        for block in blocks {
            match block {
                Block::Lines(lines) => lines.iter().for_each(|line| canvas.line(line)),
                Block::Bars { heading, bars, whole } => {
                    if let Some(heading) = heading {
                        canvas.y += 8;
                        canvas.line(&heading);
                    }
                    bars.iter().for_each(|bar| canvas.bar(bar, whole));
                }
                Block::Grades { grades, rows, voted } => canvas.grades(&grades, &rows, voted),
                Block::Pairs { names, matrix } => canvas.pairs(&names, &matrix),
            }
        }
        canvas.y += 8;
    }
    participation(manifest, result).iter().for_each(|line| canvas.line(line));
    let Canvas { body, y, width } = canvas;
    let height = y + 12;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="15" fill="#1c2430">
<rect width="100%" height="100%" fill="#ffffff"/>
{body}</svg>
"##
    )
}

/// The elements that are drawn so far, the current height, and the width.
struct Canvas {
    body: String,
    y: usize,
    width: usize,
}

// Writing to a string does not fail.
impl Canvas {
    /// Draws a text on a line that is `down` below the current height.
    fn text(&mut self, x: usize, down: usize, attributes: &str, text: &str) {
        let (y, text) = (self.y + down, escaped(text));
        let _ = writeln!(self.body, r#"<text x="{x}" y="{y}"{attributes}>{text}</text>"#);
    }

    fn rectangle(&mut self, x: usize, width: usize, height: usize, fill: &str) {
        let _ =
            writeln!(self.body, r#"<rect x="{x}" y="{}" width="{width}" height="{height}" fill="{fill}"/>"#, self.y);
    }

    /// Draws a sentence on as many lines as it needs.
    fn line(&mut self, text: &str) {
        for line in wrapped(text, LINE) {
            self.text(16, 16, &format!(r#" fill="{GREY}""#), &line);
            self.y += 24;
        }
    }

    /// Draws the title of a bar in front of it, or above it if it is too long.
    fn title(&mut self, title: &str) {
        if columns(title) <= LABEL {
            return self.label(title);
        }
        for line in wrapped(title, LINE * 3 / 4) {
            self.text(LEFT, 14, "", &line);
            self.y += 20;
        }
    }

    fn label(&mut self, label: &str) {
        self.text(LEFT - 10, 17, r#" text-anchor="end""#, &shortened(label, LABEL));
    }

    fn right(&mut self, text: &str) {
        self.width = self.width.max(LEFT + BAR + 20 + CHARACTER * text.chars().count());
        self.text(LEFT + BAR + 10, 17, "", text);
    }

    fn bar(&mut self, bar: &Bar, whole: u128) {
        let width = (u128::from(bar.total) * BAR as u128).checked_div(whole).unwrap_or(0) as usize;
        self.y += 6;
        self.title(&bar.label);
        self.rectangle(LEFT, BAR, 24, GROUND);
        self.rectangle(LEFT, width.min(BAR), 24, bar.standing.colour());
        self.right(&bar.text);
        self.y += ROW - 6;
    }

    /// Draws stacked bars, with the best grade on the left. The line in the middle goes through the majority grades.
    fn grades(&mut self, grades: &[String], rows: &[GradesRow], voted: u64) {
        self.y += 6;
        let mut x = LEFT;
        for (number, title) in grades.iter().enumerate() {
            let width = 36 + CHARACTER * title.chars().count().min(LABEL);
            if x > LEFT && x + width > WIDTH - 16 {
                x = LEFT;
                self.y += 22;
            }
            self.rectangle(x, 14, 14, &grade_colour(number, grades.len()).0);
            self.text(x + 20, 12, "", &shortened(title, LABEL));
            x += width;
        }
        self.y += 26;
        let top = self.y;
        for GradesRow { label, totals, majority } in rows {
            self.y += 6;
            self.title(label);
            self.rectangle(LEFT, BAR, 24, GROUND);
            let (mut sum, mut from) = (0_u128, 0);
            for (number, total) in totals.iter().enumerate() {
                sum += u128::from(*total);
                let to = (sum * BAR as u128).checked_div(voted.into()).unwrap_or(0) as usize;
                let (fill, ink) = grade_colour(number, grades.len());
                let width = to.min(BAR).saturating_sub(from);
                self.rectangle(LEFT + from, width, 24, &fill);
                let number = grouped(*total);
                if *total > 0 && width > CHARACTER * number.len() + 6 {
                    self.text(LEFT + from + 6, 17, &format!(r#" fill="{ink}""#), &number);
                }
                from = to.min(BAR);
            }
            self.right(majority.as_deref().unwrap_or("no grade"));
            self.y += ROW - 6;
        }
        let x = LEFT + BAR / 2;
        let _ = writeln!(
            self.body,
            r##"<line x1="{x}" y1="{top}" x2="{x}" y2="{}" stroke="#1c2430" stroke-width="2" stroke-dasharray="4 3"/>"##,
            self.y
        );
        self.text(x, 4, &format!(r#" text-anchor="middle" font-size="12" fill="{GREY}" dy="8""#), "50 %");
        self.y += 12;
    }

    /// Draws the matrix of pairs. A cell is coloured if the option of its row beats that of its column.
    fn pairs(&mut self, names: &[String], matrix: &[Vec<u64>]) {
        let longest = matrix.iter().flatten().map(|above| grouped(*above).len()).max().unwrap_or(0);
        let cell = (BAR / names.len().max(5)).max(CHARACTER * longest + 16);
        self.width = self.width.max(LEFT + cell * names.len() + 16);
        self.line(
            "How many rank the option of the row above that of the column; coloured if more than the other way round",
        );
        self.y += 18;
        let middle = |column: usize| LEFT + column * cell + cell / 2;
        for column in 0..names.len() {
            self.text(middle(column), 0, r#" text-anchor="middle" font-weight="600""#, &(column + 1).to_string());
        }
        self.y += 4;
        for (row, (name, above)) in names.iter().zip(matrix).enumerate() {
            self.y += 4;
            self.label(&format!("{} {name}", row + 1));
            for (column, above) in above.iter().enumerate() {
                let below = matrix.get(column).and_then(|other| other.get(row)).copied().unwrap_or(0);
                let beats = *above > below;
                if row != column {
                    self.rectangle(LEFT + column * cell + 2, cell - 4, 24, if beats { STRONG } else { GROUND });
                }
                let number = if row == column { "–".to_owned() } else { grouped(*above) };
                let ink = if beats { "#ffffff" } else { "#1c2430" };
                self.text(middle(column), 17, &format!(r#" text-anchor="middle" fill="{ink}""#), &number);
            }
            self.y += 24;
        }
        self.y += 8;
    }
}

/// The colours of a grade and of the number in it, from blue for the best grade through grey to red.
fn grade_colour(number: usize, grades: usize) -> (String, &'static str) {
    const ENDS: [[usize; 3]; 3] = [[33, 102, 172], [232, 232, 232], [178, 24, 43]];
    // Positions count in halves of the way from end to end.
    let (part, whole) = (2 * number, grades.saturating_sub(1).max(1));
    let (from, to, part) = if part < whole { (ENDS[0], ENDS[1], part) } else { (ENDS[1], ENDS[2], part - whole) };
    let mix = |channel: usize| (from[channel] * whole.saturating_sub(part) + to[channel] * part) / whole;
    let [red, green, blue] = [mix(0), mix(1), mix(2)];
    let is_dark = 299 * red + 587 * green + 114 * blue < 140_000;
    (format!("#{red:02x}{green:02x}{blue:02x}"), if is_dark { "#ffffff" } else { "#1c2430" })
}

/// The width of a text in characters. Characters of East Asia count as two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '\u{2068}' | '\u{2069}' => 0,
            '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{1f300}'..='\u{1faff}'
            | '\u{20000}'..='\u{3fffd}' => 2,
            _ => 1,
        })
        .sum()
}

/// Breaks a text into lines between words.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= most => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| shortened(&line, most)).collect()
}

fn escaped(text: &str) -> String {
    // The ampersand comes first, because the other replacements contain it.
    let escapes = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    escapes.iter().fold(text.to_owned(), |text, (character, escape)| text.replace(*character, escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_never_cut_where_bars_are_compared() {
        let drawn = |label: &str| {
            let mut canvas = Canvas { body: String::new(), y: 0, width: WIDTH };
            let (label, text) = (label.to_owned(), "1".to_owned());
            canvas.bar(&Bar { label, total: 1, text, standing: Standing::Counted }, 2);
            (canvas.body, canvas.y)
        };
        let (short, height) = drawn("Ada");
        assert!(short.contains(r#"text-anchor="end">Ada<"#), "{short}");
        // Characters of East Asia take the place of two.
        for long in ["The society of the friends of Ada", "東京東京東京東京東京東京"] {
            let (body, taller) = drawn(long);
            assert!(body.contains(&format!(">{long}<")) && taller > height, "{body}");
        }
    }
}
