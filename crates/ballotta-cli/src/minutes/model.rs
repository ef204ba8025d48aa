//! What the minutes say, without how it looks: sections, paragraphs and tables. Two writers make a page and a PDF of it.

use super::words::Language;
use crate::console::escaped;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Words of the minutes, in their language.
    Text(String),
    /// The same, which must be seen.
    Strong(String),
    /// A text of the manifest, which no program must translate. It has a language if that is not the one of the minutes.
    Name { text: String, language: Option<String> },
    /// A hash, an identifier, a file or a command.
    Code(String),
    /// A sentence of the verifier, which is English in minutes of another language.
    English(String),
}

impl Span {
    /// A text of somebody else, without characters that would do something else than appear.
    pub(super) fn name(text: &str, language: Option<&str>) -> Self {
        Self::Name { text: escaped(text), language: language.map(str::to_owned) }
    }

    pub(super) fn code(text: impl AsRef<str>) -> Self {
        Self::Code(escaped(text.as_ref()))
    }

    /// The text alone.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text)
            | Self::Strong(text)
            | Self::Name { text, .. }
            | Self::Code(text)
            | Self::English(text) => text,
        }
    }
}

/// A text of one paragraph, cell or heading.
pub(super) type Line = Vec<Span>;

/// The text of a line alone.
pub(super) fn plain(line: &[Span]) -> String {
    line.iter().map(Span::text).collect()
}

/// How something is emphasized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// The record holds.
    Good,
    /// Something is missing.
    Open,
    /// The election is a rehearsal, in large letters.
    Rehearsal,
    /// The record does not hold.
    Bad,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// What a reader must know before everything else.
    Notice(Tone, Line),
    /// A heading within a section.
    Heading(Line),
    Paragraph(Line),
    Items(Vec<Line>),
    /// A command to type.
    Command(String),
    /// Names and values.
    Facts(Vec<(Line, Line)>),
    Table(Table),
    /// Lines on which people write a name and a signature.
    Signatures(Signatures),
}

/// A table with a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) head: Vec<Column>,
    pub(super) rows: Vec<Vec<Line>>,
}

/// The head of a column, and whether its cells are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) title: Line,
    pub(super) is_number: bool,
}

/// The place where a commission signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signatures {
    /// What is written on a line by itself, such as place and date.
    pub(super) alone: Vec<String>,
    /// What each member of the commission writes.
    pub(super) each: [String; 3],
    /// How many members there is place for.
    pub(super) number: usize,
}

/// A section with its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) blocks: Vec<Block>,
}

/// The minutes of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Minutes {
    pub(super) language: Language,
    /// What is above the title.
    pub(super) before: Vec<Block>,
    pub(super) title: Line,
    /// What is below the title.
    pub(super) after: Vec<Block>,
    pub(super) sections: Vec<Section>,
    /// What every printed page says: the fingerprint, and that the election is a rehearsal or the record does not hold.
    pub(super) foot: String,
}

impl Minutes {
    /// Every line of the minutes, in their order.
    #[cfg(test)]
    pub(super) fn lines(&self) -> Vec<String> {
        fn of(blocks: &[Block], lines: &mut Vec<String>) {
            for block in blocks {
                match block {
                    Block::Notice(_, line) | Block::Heading(line) | Block::Paragraph(line) => lines.push(plain(line)),
                    Block::Items(items) => lines.extend(items.iter().map(|line| plain(line))),
                    Block::Command(command) => lines.push(command.clone()),
                    Block::Facts(facts) => {
                        lines.extend(facts.iter().map(|(name, value)| format!("{}: {}", plain(name), plain(value))));
                    }
                    Block::Table(table) => {
                        let row =
                            |cells: &Vec<Line>| cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | ");
                        lines.push(row(&table.head.iter().map(|column| column.title.clone()).collect()));
                        lines.extend(table.rows.iter().map(row));
                    }
                    Block::Signatures(signatures) => lines.extend(signatures.alone.iter().cloned()),
                }
            }
        }
        let mut lines = Vec::new();
        of(&self.before, &mut lines);
        lines.push(plain(&self.title));
        of(&self.after, &mut lines);
        for section in &self.sections {
            lines.push(format!("## {}", section.heading));
            of(&section.blocks, &mut lines);
        }
        lines
    }
}
