//! Text in lines: letters of the fonts, line breaks, and the directions of writing.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context as _, Result, anyhow};
use rustybuzz::ttf_parser::GlyphId;
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};

use super::super::model::Span;
use crate::failure::ErrorContext as _;

/// DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters, and many signs.
const REGULAR: &[u8] = include_bytes!("../../../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../../fonts/DejaVuSans-Bold.ttf");

/// Both keep a name by itself, whatever the direction in which it is written. They are not drawn.
const ISOLATE: char = '\u{2068}';
const END_OF_ISOLATE: char = '\u{2069}';

/// A font, for measuring and for drawing.
pub(super) struct Typeface {
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
    pub(super) face: Face<'static>,
}

impl Typeface {
    fn read(name: &'static str, bytes: &'static [u8]) -> Result<Self> {
        let face = Face::from_slice(bytes, 0).context("a font of the command cannot be read")?;
        Ok(Self { name, bytes, face })
    }

    /// The number of units of the font in the size of its letters.
    fn unit(&self) -> f32 {
        self.face.units_per_em() as f32
    }

    fn has(&self, letter: char) -> bool {
        self.face.glyph_index(letter).is_some()
    }

    /// A length of the font, as a part of the size of its letters.
    pub(super) fn scaled(&self, length: impl Into<f32>) -> f32 {
        length.into() / self.unit()
    }

    /// The width of a glyph by itself.
    pub(super) fn width(&self, glyph: u16) -> f32 {
        // The fonts that are part of this program have a width for every glyph.
        self.scaled(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0))
    }

    fn advance(&self, letter: char) -> f32 {
        self.face.glyph_index(letter).map_or(0.0, |glyph| self.width(glyph.0))
    }
}

/// The fonts of the minutes.
pub(super) struct Fonts {
    regular: Typeface,
    bold: Typeface,
}

impl Fonts {
    pub(super) fn read() -> Result<Self> {
        Ok(Self { regular: Typeface::read("DejaVuSans", REGULAR)?, bold: Typeface::read("DejaVuSans-Bold", BOLD)? })
    }

    pub(super) fn typeface(&self, is_bold: bool) -> &Typeface {
        if is_bold { &self.bold } else { &self.regular }
    }

    /// Splits a text into pieces for which one font has all letters. A letter that is not bold in any font is not bold.
    fn pieces(&self, text: &str, start: usize, style: &Style, pieces: &mut Vec<(Range<usize>, Style)>) -> Result<()> {
        for (offset, letter) in text.char_indices() {
            let is_hidden = is_hidden(letter);
            let is_bold = style.is_bold && (is_hidden || self.bold.has(letter));
            if !is_hidden && !is_bold && !self.regular.has(letter) {
                return Err(missing(letter, text));
            }
            let (from, to) = (start + offset, start + offset + letter.len_utf8());
            match pieces.last_mut() {
                Some((range, last))
                    if range.end == from && last.is_bold == is_bold && last.language == style.language =>
                {
                    range.end = to;
                }
                _ => pieces.push((from..to, Style { is_bold, language: style.language.clone() })),
            }
        }
        Ok(())
    }
}

/// The error of a letter that no font has. A box in its place would tell readers nothing.
fn missing(letter: char, text: &str) -> anyhow::Error {
    let code = u32::from(letter);
    let shown: String = text.chars().take(80).collect();
    let problem = anyhow!("the fonts of the PDF have no letter {letter} (U+{code:04X}), which is in: {shown}");
    let failed: Result<()> = Err(problem)
        .remedy("write the minutes as a page with --out, and print it from a browser, which has more fonts");
    failed.err().unwrap_or_else(|| anyhow!("U+{code:04X}"))
}

/// Whether a character is not drawn: joiners, variation selectors, marks of direction.
fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// How a piece of a text is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) is_bold: bool,
    /// The language, if it is not the one of the minutes.
    pub(super) language: Option<String>,
}

/// A text that is broken into lines.
pub(super) struct Flow {
    text: String,
    pieces: Vec<(Range<usize>, Style)>,
    size: f32,
}

/// A glyph of a font, in parts of the size of its letters.
pub(super) struct Glyph {
    pub(super) id: u16,
    /// The distance to the next glyph.
    pub(super) advance: f32,
    /// Where it is drawn, seen from its place in the line.
    pub(super) offset: [f32; 2],
    /// The letters that it shows.
    pub(super) text: String,
}

/// Glyphs with one font and one direction.
pub(super) struct Run {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) text: String,
    pub(super) style: Style,
    /// The distance from the beginning of the line.
    pub(super) x: f32,
    /// Where the run is in the text, which is the order in which it is read.
    pub(super) position: usize,
}

/// One line of a text.
pub(super) struct SetLine {
    pub(super) runs: Vec<Run>,
    pub(super) width: f32,
}

impl Flow {
    /// The text of a line of the model. Nothing is lost: a letter that no font has is an error.
    pub(super) fn new(fonts: &Fonts, line: &[Span], size: f32, is_bold: bool) -> Result<Self> {
        let (mut text, mut pieces) = (String::new(), Vec::new());
        for span in line {
            let style = match span {
                Span::Strong(_) => Style { is_bold: true, language: None },
                Span::Name { language, .. } => Style { is_bold, language: language.clone() },
                Span::English(_) => Style { is_bold, language: Some("en".to_owned()) },
                Span::Text(_) | Span::Code(_) => Style { is_bold, language: None },
            };
            let is_name = matches!(span, Span::Name { .. });
            text.extend(is_name.then_some(ISOLATE));
            fonts.pieces(span.text(), text.len(), &style, &mut pieces)?;
            text.push_str(span.text());
            text.extend(is_name.then_some(END_OF_ISOLATE));
        }
        Ok(Self { text, pieces, size })
    }

    /// The width of a part of the text on one line.
    fn width(&self, fonts: &Fonts, range: &Range<usize>) -> f32 {
        self.letters(fonts, range).map(|(_, width)| width).sum()
    }

    /// The letters of a part, with the widths that they have by themselves.
    fn letters<'a>(&'a self, fonts: &'a Fonts, range: &Range<usize>) -> impl Iterator<Item = (usize, f32)> + 'a {
        let range = range.clone();
        self.pieces.iter().flat_map(move |(piece, style)| {
            let part = piece.start.max(range.start)..piece.end.min(range.end);
            let (start, typeface) = (part.start, fonts.typeface(style.is_bold));
            // Pieces end between letters. One that has nothing of the part gives an empty or no range.
            let letters = self.text.get(part).unwrap_or_default().char_indices();
            letters.map(move |(offset, letter)| {
                let width = if is_hidden(letter) { 0.0 } else { typeface.advance(letter) * self.size };
                (start + offset + letter.len_utf8(), width)
            })
        })
    }

    /// Words, each with the spaces after it.
    fn words(&self) -> Vec<Range<usize>> {
        let (mut words, mut start, mut after_space) = (Vec::new(), 0, false);
        for (offset, letter) in self.text.char_indices() {
            // A name is not separated from the space before it.
            if after_space && letter != ' ' {
                words.push(start..offset);
                start = offset;
            }
            after_space = letter == ' ' || (after_space && letter == END_OF_ISOLATE);
        }
        if start < self.text.len() {
            words.push(start..self.text.len());
        }
        words
    }

    /// The width of the whole text on one line, and that of its longest word.
    pub(super) fn widths(&self, fonts: &Fonts) -> (f32, f32) {
        let words = self.words();
        let widths = words.iter().map(|word| self.width(fonts, word));
        (widths.clone().sum(), widths.fold(0.0, f32::max))
    }

    /// The lines of at most this width. A word that is wider is broken between letters.
    pub(super) fn lines(&self, fonts: &Fonts, width: f32) -> Result<Vec<SetLine>> {
        let (mut lines, mut line, mut used) = (Vec::new(), 0..0, 0.0);
        for word in self.words() {
            let spaces = self.text.get(word.clone()).map_or(0, |text| text.len() - text.trim_end().len());
            let visible = self.width(fonts, &(word.start..word.end - spaces));
            if used + visible > width && line.end > line.start {
                lines.push(line.clone());
                (line, used) = (word.start..word.start, 0.0);
            }
            if visible > width {
                for (end, letter) in self.letters(fonts, &word) {
                    if used + letter > width && line.end > line.start {
                        lines.push(line.clone());
                        (line, used) = (line.end..line.end, 0.0);
                    }
                    (line.end, used) = (end, used + letter);
                }
                line.end = word.end;
            } else {
                used += self.width(fonts, &word);
                line.end = word.end;
            }
        }
        if line.end > line.start || lines.is_empty() {
            lines.push(line);
        }
        let bidi = BidiInfo::new(&self.text, Some(Level::ltr()));
        lines.into_iter().map(|line| self.set(fonts, &bidi, line)).collect()
    }

    /// Sets one line: its parts from the left to the right.
    fn set(&self, fonts: &Fonts, bidi: &BidiInfo<'_>, line: Range<usize>) -> Result<SetLine> {
        let mut set = SetLine { runs: Vec::new(), width: 0.0 };
        let Some(paragraph) = bidi.paragraphs.first() else { return Ok(set) };
        if line.is_empty() {
            return Ok(set);
        }
        let (levels, parts) = bidi.visual_runs(paragraph, line);
        for part in parts {
            let is_rtl = levels.get(part.start).is_some_and(Level::is_rtl);
            let mut pieces: Vec<(Range<usize>, &Style)> = self
                .pieces
                .iter()
                .map(|(piece, style)| (piece.start.max(part.start)..piece.end.min(part.end), style))
                .filter(|(piece, _)| !piece.is_empty())
                .collect();
            if is_rtl {
                pieces.reverse();
            }
            for (piece, style) in pieces {
                let text = self.text.get(piece.clone()).context("a piece of a text ends within a letter")?;
                let glyphs = shape(fonts.typeface(style.is_bold), text, is_rtl)?;
                let width: f32 = glyphs.iter().map(|glyph| glyph.advance).sum();
                set.runs.push(Run {
                    glyphs,
                    text: text.to_owned(),
                    style: style.clone(),
                    x: set.width,
                    position: piece.start,
                });
                set.width += width * self.size;
            }
        }
        Ok(set)
    }
}

/// The glyphs of a text, from the left to the right.
fn shape(typeface: &Typeface, text: &str, is_rtl: bool) -> Result<Vec<Glyph>> {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = rustybuzz::shape(&typeface.face, &[], buffer);
    let mut clusters: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    let mut seen = BTreeSet::new();
    let first_of_cluster: Vec<bool> = clusters.iter().map(|cluster| seen.insert(*cluster)).collect();
    clusters.sort_unstable();
    let end = |start: usize| {
        let next = clusters.partition_point(|cluster| *cluster <= start);
        clusters.get(next).copied().unwrap_or(text.len())
    };
    let mut glyphs = Vec::with_capacity(shaped.len());
    for ((info, position), is_first) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()).zip(first_of_cluster)
    {
        let start = info.cluster as usize;
        let shown = text.get(start..end(start)).context("a glyph has a part of a letter")?;
        // A font has at most 65,536 glyphs; 0 is the one of letters that it lacks.
        let id = u16::try_from(info.glyph_id).context("the number of a glyph")?;
        if id == 0 {
            return Err(missing(shown.chars().next().context("a glyph of no letter")?, text));
        }
        let length = |length: i32| typeface.scaled(length as f32);
        glyphs.push(Glyph {
            id,
            advance: length(position.x_advance),
            offset: [length(position.x_offset), length(position.y_offset)],
            text: if is_first { shown.to_owned() } else { String::new() },
        });
    }
    Ok(glyphs)
}
