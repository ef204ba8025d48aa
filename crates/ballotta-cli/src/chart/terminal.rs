//! A result as text for a terminal.

use std::fmt::Write as _;

use ballotta::manifest::Manifest;
use ballotta::record::ResultDocument;

use super::{Bar, Block, Chart, GradesRow, charts, participation, preface};
use crate::console::grouped;

/// Formats a result as text. The longest possible bar has `width` characters.
pub(crate) fn terminal(manifest: &Manifest, result: &ResultDocument, width: u64) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for line in preface(manifest, result) {
        let _ = writeln!(text, "  {line}");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    for (number, Chart { title, blocks }) in charts(manifest, result).enumerate() {
        let space = if number > 0 { "\n" } else { "" };
        let _ = writeln!(text, "{space}  {title}");
        for block in blocks {
            match block {
                Block::Lines(lines) => lines.iter().for_each(|line| {
                    let _ = writeln!(text, "  {line}");
                }),
                Block::Bars { heading, bars, whole } => {
                    if let Some(heading) = heading {
                        let _ = writeln!(text, "  {heading}");
                    }
                    write_bars(&bars, whole, width, &mut text);
                }
                Block::Grades { grades, rows, .. } => write_grades(&grades, &rows, &mut text),
                Block::Pairs { names, matrix } => write_pairs(&names, &matrix, &mut text),
            }
        }
    }
    if result.contests.len() > 1 {
        text.push('\n');
    }
    for line in participation(manifest, result) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn write_bars(bars: &[Bar], whole: u128, width: u64, text: &mut String) {
    let label_width = label_width(bars.iter().map(|bar| bar.label.as_str()));
    for Bar { label, total, text: in_words, .. } in bars {
        // The length of a bar counts in eighths of a character.
        let eighths = (u128::from(*total) * u128::from(width) * 8).checked_div(whole).unwrap_or(0) as usize;
        let mut bar = "█".repeat(eighths / 8);
        bar.extend(['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)));
        let label = label_before(label, label_width, text);
        let _ = writeln!(text, "  {label}  {bar} {in_words}");
    }
}

fn write_grades(grades: &[String], rows: &[GradesRow], text: &mut String) {
    let mut table = vec![[&["".to_owned()], grades, &["Majority grade".to_owned()]].concat()];
    for GradesRow { label, totals, majority } in rows {
        let totals = totals.iter().map(|total| grouped(*total));
        let majority = majority.clone().unwrap_or_else(|| "none".to_owned());
        table.push([label.clone()].into_iter().chain(totals).chain([majority]).collect());
    }
    write_table(&table, text);
}

fn write_pairs(names: &[String], matrix: &[Vec<u64>], text: &mut String) {
    *text += "  How many rank the option of the row above that of the column; * if more than the other way round\n";
    let numbers = (1..=names.len()).map(|number| format!("{number} "));
    let mut table = vec![[String::new()].into_iter().chain(numbers).collect::<Vec<_>>()];
    for (row, (name, above)) in names.iter().zip(matrix).enumerate() {
        let cells = above.iter().enumerate().map(|(column, above)| {
            let below = matrix.get(column).and_then(|other| other.get(row)).copied().unwrap_or(0);
            match () {
                () if row == column => "– ".to_owned(),
                () if *above > below => format!("{}*", grouped(*above)),
                () => format!("{} ", grouped(*above)),
            }
        });
        table.push([format!("{} {name}", row + 1)].into_iter().chain(cells).collect());
    }
    write_table(&table, text);
}

/// Writes a table with its first column aligned left, and the others aligned right.
fn write_table(table: &[Vec<String>], text: &mut String) {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let first = label_width(table.iter().filter_map(|row| row.first()).map(String::as_str));
    let widths: Vec<usize> = (1..columns)
        .map(|column| table.iter().filter_map(|row| row.get(column)).map(|cell| length(cell)).max().unwrap_or(0))
        .collect();
    for row in table {
        let Some((label, cells)) = row.split_first() else { continue };
        let mut line = format!("  {}", label_before(label, first, text));
        for (cell, width) in cells.iter().zip(&widths) {
            let padding = " ".repeat(width - length(cell));
            line += &format!("  {padding}{cell}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// The largest width of a label in front of bars and numbers.
const LABEL: usize = 40;

/// The width of the labels in front of bars or numbers. Longer labels have a line of their own.
fn label_width<'a>(labels: impl Iterator<Item = &'a str>) -> usize {
    labels.map(length).filter(|length| *length <= LABEL).max().unwrap_or(0)
}

/// Returns a label padded to this width. If it is too long, writes it on a line of its own and returns spaces.
fn label_before(label: &str, width: usize, text: &mut String) -> String {
    let Some(padding) = width.checked_sub(length(label)) else {
        let _ = writeln!(text, "  {label}");
        return " ".repeat(width);
    };
    format!("{label}{}", " ".repeat(padding))
}

/// The width of a text in characters, approximately.
fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Standing;

    #[test]
    fn a_long_title_stands_above_and_moves_no_others() {
        let bar = |label: &str| {
            let (label, text) = (label.to_owned(), "1 (50 %)".to_owned());
            Bar { label, total: 1, text, standing: Standing::Counted }
        };
        let long = "The society of the friends of Ada, Countess of Lovelace";
        let mut text = String::new();
        write_bars(&[bar("Ada"), bar(long), bar("Grace")], 2, 4, &mut text);
        assert_eq!(text, format!("  Ada    ██ 1 (50 %)\n  {long}\n         ██ 1 (50 %)\n  Grace  ██ 1 (50 %)\n"));
        let mut text = String::new();
        write_pairs(&["Ada".to_owned(), long.to_owned()], &[vec![0, 2], vec![1, 0]], &mut text);
        let table = text.split_once('\n').unwrap().1;
        assert_eq!(table, format!("         1   2\n  1 Ada  –   2*\n  2 {long}\n         1   –\n"));
    }
}
