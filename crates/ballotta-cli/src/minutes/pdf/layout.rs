//! Where everything is on the pages, and how it is tagged for readers that do not see them.

use anyhow::Result;

use super::super::model::{Block, Line, Minutes, Signatures, Span, Table, Tone, plain};
use super::text::{Flow, Fonts, Run, SetLine};

/// A4 in points.
pub(super) const PAGE: [f32; 2] = [595.276, 841.89];
const LEFT: f32 = 54.0;
const RIGHT: f32 = PAGE[0] - 54.0;
const WIDTH: f32 = RIGHT - LEFT;
const TOP: f32 = 56.0;
const BOTTOM: f32 = PAGE[1] - 64.0;
/// The line below the text of a page.
const FOOT: f32 = PAGE[1] - 36.0;

const BODY: f32 = 10.5;
const SMALL: f32 = 9.5;
/// The distance of lines, as a multiple of the size of their letters.
const LEADING: f32 = 1.38;
/// The space between two columns.
const GAP: f32 = 12.0;

/// A colour: red, green and blue.
pub(super) type Colour = [u8; 3];
const INK: Colour = [22, 32, 43];
const RULE: Colour = [107, 119, 133];

/// What is drawn.
pub(super) enum Mark {
    /// Letters, and the leaf of the tree of tags to which they belong. Without one they repeat what is said elsewhere.
    Letters { run: Run, x: f32, y: f32, size: f32, colour: Colour, leaf: Option<usize> },
    /// A filled rectangle: a rule.
    Rule { x: f32, y: f32, width: f32, height: f32, colour: Colour },
}

/// What a part of the document is, for readers that do not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Section,
    Heading(u16),
    Paragraph,
    Code,
    Items,
    Item,
    Bullet,
    ItemText,
    Table,
    Row,
    ColumnTitle,
    RowTitle,
    Cell,
}

/// The tree of tags. Leaves are numbered in the order of reading.
pub(super) enum Node {
    Group(Kind, Vec<Node>),
    Leaf(usize),
}

/// An entry of the outline.
pub(super) struct Entry {
    pub(super) title: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// The pages of the minutes.
pub(super) struct Layout<'a> {
    fonts: &'a Fonts,
    pub(super) pages: Vec<Vec<Mark>>,
    pub(super) tree: Vec<Node>,
    pub(super) outline: Vec<Entry>,
    pub(super) leaves: usize,
    y: f32,
}

/// Letters of one size and colour.
#[derive(Clone, Copy)]
struct Letters {
    size: f32,
    is_bold: bool,
    colour: Colour,
}

impl Letters {
    const BODY: Self = Self { size: BODY, is_bold: false, colour: INK };
    const SMALL: Self = Self { size: SMALL, is_bold: false, colour: INK };
    const SMALL_BOLD: Self = Self { size: SMALL, is_bold: true, colour: INK };

    fn leading(self) -> f32 {
        self.size * LEADING
    }
}

/// One cell of a table whose text is broken into lines.
struct SetCell {
    kind: Kind,
    lines: std::vec::IntoIter<SetLine>,
    letters: Letters,
    x: f32,
    width: f32,
    is_number: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(fonts: &'a Fonts, minutes: &Minutes) -> Result<Self> {
        let mut layout =
            Self { fonts, pages: vec![Vec::new()], tree: Vec::new(), outline: Vec::new(), leaves: 0, y: TOP };
        let mut nodes = Vec::new();
        layout.blocks(&minutes.before, &mut nodes)?;
        let title = Letters { size: 20.0, is_bold: true, colour: INK };
        layout.heading(&minutes.title, 1, title, &mut nodes)?;
        layout.space(4.0);
        layout.blocks(&minutes.after, &mut nodes)?;
        layout.tree.append(&mut nodes);
        for section in &minutes.sections {
            let heading = Letters { size: 14.0, is_bold: true, colour: INK };
            let line = vec![Span::Text(section.heading.clone())];
            // The signatures of a commission are on one page.
            let is_last = section.blocks.iter().any(|block| matches!(block, Block::Signatures(_)));
            layout.space(16.0);
            layout.need(if is_last { 330.0 } else { 90.0 });
            let mut nodes = Vec::new();
            layout.heading(&line, 2, heading, &mut nodes)?;
            layout.rule(LEFT, WIDTH, 1.2, INK);
            layout.space(7.0);
            layout.blocks(&section.blocks, &mut nodes)?;
            layout.tree.push(Node::Group(Kind::Section, nodes));
        }
        layout.feet(minutes)?;
        Ok(layout)
    }

    fn blocks(&mut self, blocks: &[Block], nodes: &mut Vec<Node>) -> Result<()> {
        for (position, block) in blocks.iter().enumerate() {
            // A short table is on one page with the paragraph that announces it.
            if let (Block::Paragraph(line), Some(Block::Table(table))) = (block, blocks.get(position + 1))
                && plain(line).ends_with(':')
            {
                self.need(least_height(table) + 2.0 * Letters::BODY.leading());
            }
            self.block(block, nodes)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block, nodes: &mut Vec<Node>) -> Result<()> {
        match block {
            Block::Notice(tone, line) => self.notice(*tone, line, nodes),
            Block::Heading(line) => {
                self.space(8.0);
                self.need(60.0);
                let heading = Letters { size: 11.5, is_bold: true, colour: INK };
                self.heading(line, 3, heading, nodes)?;
                self.space(2.0);
                Ok(())
            }
            Block::Paragraph(line) => {
                // What is announced is on the same page.
                if plain(line).ends_with(':') {
                    self.need(84.0);
                }
                let mut leaves = Vec::new();
                self.lines(line, LEFT, WIDTH, Letters::BODY, &mut leaves)?;
                nodes.push(Node::Group(Kind::Paragraph, leaves));
                self.space(5.0);
                Ok(())
            }
            Block::Items(items) => self.items(items, nodes),
            Block::Command(command) => {
                let mut leaves = Vec::new();
                let line = vec![Span::Code(command.clone())];
                self.lines(&line, LEFT + 16.0, WIDTH - 16.0, Letters::BODY, &mut leaves)?;
                nodes.push(Node::Group(Kind::Paragraph, vec![Node::Group(Kind::Code, leaves)]));
                self.space(5.0);
                Ok(())
            }
            Block::Facts(facts) => self.facts(facts, nodes),
            Block::Table(table) => self.table(table, nodes),
            Block::Signatures(signatures) => self.signatures(signatures, nodes),
        }
    }

    fn space(&mut self, height: f32) {
        // A page does not begin with a space.
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Begins a new page if less than this height is left.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn rule(&mut self, x: f32, width: f32, height: f32, colour: Colour) {
        self.mark(Mark::Rule { x, y: self.y, width, height, colour });
    }

    /// Draws a line at the height of `self.y`. Without leaves it is not tagged.
    fn set(&mut self, line: SetLine, x: f32, letters: Letters, leaves: Option<&mut Vec<Node>>) {
        let y = self.y + letters.size;
        let mut read = Vec::new();
        for run in line.runs {
            let leaf = leaves.is_some().then(|| {
                self.leaves += 1;
                self.leaves - 1
            });
            read.extend(leaf.map(|leaf| (run.position, leaf)));
            let x = x + run.x;
            self.mark(Mark::Letters { run, x, y, size: letters.size, colour: letters.colour, leaf });
        }
        // Where the direction of writing changes, the order of reading is another one than that from left to right.
        read.sort_unstable();
        if let Some(leaves) = leaves {
            leaves.extend(read.into_iter().map(|(_, leaf)| Node::Leaf(leaf)));
        }
    }

    fn lines(&mut self, line: &Line, x: f32, width: f32, letters: Letters, leaves: &mut Vec<Node>) -> Result<()> {
        let flow = Flow::new(self.fonts, line, letters.size, letters.is_bold)?;
        for line in flow.lines(self.fonts, width)? {
            self.need(letters.leading());
            self.set(line, x, letters, Some(leaves));
            self.y += letters.leading();
        }
        Ok(())
    }

    fn heading(&mut self, line: &Line, level: u16, letters: Letters, nodes: &mut Vec<Node>) -> Result<()> {
        if level <= 2 {
            self.outline.push(Entry { title: plain(line), page: self.pages.len() - 1, y: self.y });
        }
        let mut leaves = Vec::new();
        self.lines(line, LEFT, WIDTH, letters, &mut leaves)?;
        nodes.push(Node::Group(Kind::Heading(level), leaves));
        Ok(())
    }

    fn notice(&mut self, tone: Tone, line: &Line, nodes: &mut Vec<Node>) -> Result<()> {
        let colour = match tone {
            Tone::Good => [14, 90, 51],
            Tone::Open | Tone::Rehearsal => [106, 67, 0],
            Tone::Bad => [140, 22, 16],
        };
        let size = if tone == Tone::Rehearsal { 20.0 } else { 13.0 };
        let letters = Letters { size, is_bold: true, colour };
        let flow = Flow::new(self.fonts, line, letters.size, letters.is_bold)?;
        let (edge, inside) = (7.0, 9.0);
        let lines = flow.lines(self.fonts, WIDTH - edge - 2.0 * inside)?;
        let height = lines.len() as f32 * letters.leading() + 2.0 * inside;
        self.need(height);
        let top = self.y;
        for (x, y, width, height) in [
            (LEFT, top, edge, height),
            (LEFT, top, WIDTH, 1.5),
            (LEFT, top + height - 1.5, WIDTH, 1.5),
            (RIGHT - 1.5, top, 1.5, height),
        ] {
            self.mark(Mark::Rule { x, y, width, height, colour });
        }
        self.y += inside;
        let mut leaves = Vec::new();
        for line in lines {
            self.need(letters.leading());
            self.set(line, LEFT + edge + inside, letters, Some(&mut leaves));
            self.y += letters.leading();
        }
        self.y += inside;
        nodes.push(Node::Group(Kind::Paragraph, leaves));
        self.space(12.0);
        Ok(())
    }

    fn items(&mut self, items: &[Line], nodes: &mut Vec<Node>) -> Result<()> {
        let mut of_list = Vec::new();
        for item in items {
            self.need(Letters::BODY.leading());
            let bullet = Flow::new(self.fonts, &[Span::Text("•".into())], BODY, false)?.lines(self.fonts, WIDTH)?;
            let (mut label, mut text) = (Vec::new(), Vec::new());
            bullet.into_iter().for_each(|line| self.set(line, LEFT + 4.0, Letters::BODY, Some(&mut label)));
            self.lines(item, LEFT + 16.0, WIDTH - 16.0, Letters::BODY, &mut text)?;
            let parts = vec![Node::Group(Kind::Bullet, label), Node::Group(Kind::ItemText, text)];
            of_list.push(Node::Group(Kind::Item, parts));
            self.space(2.0);
        }
        nodes.push(Node::Group(Kind::Items, of_list));
        self.space(4.0);
        Ok(())
    }

    fn facts(&mut self, facts: &[(Line, Line)], nodes: &mut Vec<Node>) -> Result<()> {
        let first = WIDTH * 0.32;
        let (second, rest) = (LEFT + first + GAP, WIDTH - first - GAP);
        let mut rows = Vec::new();
        for (name, value) in facts {
            let cells = vec![
                self.cell(Kind::RowTitle, name, Letters::SMALL_BOLD, [LEFT, first], false)?,
                self.cell(Kind::Cell, value, Letters::SMALL, [second, rest], false)?,
            ];
            rows.push(self.row(cells, &[])?);
        }
        nodes.push(Node::Group(Kind::Table, rows));
        self.space(8.0);
        Ok(())
    }

    fn cell(
        &self,
        kind: Kind,
        line: &Line,
        letters: Letters,
        [x, width]: [f32; 2],
        is_number: bool,
    ) -> Result<SetCell> {
        // A cell without text would be missing among the tags.
        let space = vec![Span::Text(" ".into())];
        let line = if line.is_empty() { &space } else { line };
        let lines = Flow::new(self.fonts, line, letters.size, letters.is_bold)?.lines(self.fonts, width)?;
        Ok(SetCell { kind, lines: lines.into_iter(), letters, x, width, is_number })
    }

    /// Draws the next line of a cell, if it has one more.
    fn cell_line(&mut self, cell: &mut SetCell, leaves: Option<&mut Vec<Node>>) -> bool {
        let Some(line) = cell.lines.next() else { return false };
        let x = if cell.is_number { cell.x + (cell.width - line.width).max(0.0) } else { cell.x };
        self.set(line, x, cell.letters, leaves);
        true
    }

    /// Draws a row. On a new page the head of the table comes first, once more.
    fn row(&mut self, cells: Vec<SetCell>, head: &[(Line, [f32; 2], bool)]) -> Result<Node> {
        let leading = cells.iter().map(|cell| cell.letters.leading()).fold(0.0, f32::max);
        let number = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let height = number as f32 * leading + 5.0;
        let pages = self.pages.len();
        self.need(height.min(BOTTOM - TOP));
        if self.pages.len() > pages {
            self.head_again(head)?;
        }
        self.y += 2.0;
        let mut cells: Vec<(SetCell, Vec<Node>)> = cells.into_iter().map(|cell| (cell, Vec::new())).collect();
        if self.y + height <= BOTTOM {
            // Cell by cell, which is also the order of reading.
            let top = self.y;
            for (cell, leaves) in &mut cells {
                self.y = top;
                while self.cell_line(cell, Some(leaves)) {
                    self.y += leading;
                }
            }
            self.y = top + number as f32 * leading;
        } else {
            // A row that is higher than a page.
            for _ in 0..number {
                self.need(leading);
                for (cell, leaves) in &mut cells {
                    self.cell_line(cell, Some(leaves));
                }
                self.y += leading;
            }
        }
        self.y += 2.0;
        self.rule(LEFT, WIDTH, 0.5, RULE);
        self.y += 1.0;
        let cells = cells.into_iter().map(|(cell, leaves)| Node::Group(cell.kind, leaves));
        Ok(Node::Group(Kind::Row, cells.collect()))
    }

    /// The head of a table at the top of a further page. It was said already, so it has no tags.
    fn head_again(&mut self, head: &[(Line, [f32; 2], bool)]) -> Result<()> {
        let mut columns = Vec::new();
        for (title, place, is_number) in head {
            columns.push(self.cell(Kind::ColumnTitle, title, Letters::SMALL_BOLD, *place, *is_number)?);
        }
        let leading = Letters::SMALL_BOLD.leading();
        let number = columns.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        for _ in 0..number {
            for cell in &mut columns {
                self.cell_line(cell, None);
            }
            self.y += leading;
        }
        if number > 0 {
            self.y += 2.0;
            self.rule(LEFT, WIDTH, 1.0, INK);
            self.y += 1.0;
        }
        Ok(())
    }

    fn table(&mut self, table: &Table, nodes: &mut Vec<Node>) -> Result<()> {
        let (Table { head, rows }, height) = (table, least_height(table));
        let mut natural = vec![0.0f32; head.len()];
        let mut least = vec![0.0f32; head.len()];
        let is_number: Vec<bool> = head.iter().map(|column| column.is_number).collect();
        let mut widen = |column: usize, line: &Line, is_bold: bool| -> Result<()> {
            let (whole, word) = Flow::new(self.fonts, line, SMALL, is_bold)?.widths(self.fonts);
            if let (Some(natural), Some(least)) = (natural.get_mut(column), least.get_mut(column)) {
                // Numbers stay on one line. Of a long word not every letter must.
                let word = if is_number.get(column) == Some(&true) && !is_bold { whole } else { word };
                (*natural, *least) = (natural.max(whole), least.max(word.min(WIDTH / 4.0)));
            }
            Ok(())
        };
        for (column, title) in head.iter().enumerate() {
            widen(column, &title.title, true)?;
        }
        for row in rows {
            for (column, cell) in row.iter().enumerate() {
                widen(column, cell, false)?;
            }
        }
        let places = columns(&natural, &least, &is_number);
        let head: Vec<(Line, [f32; 2], bool)> =
            head.iter().zip(&places).map(|(column, place)| (column.title.clone(), *place, column.is_number)).collect();
        let mut titles = Vec::new();
        for (title, place, is_number) in &head {
            titles.push(self.cell(Kind::ColumnTitle, title, Letters::SMALL_BOLD, *place, *is_number)?);
        }
        // The head of a table is never alone at the end of a page.
        self.need(height);
        let mut tags = vec![self.row(titles, &[])?];
        for row in rows {
            let mut cells = Vec::new();
            for (line, (_, place, is_number)) in row.iter().zip(&head) {
                cells.push(self.cell(Kind::Cell, line, Letters::SMALL, *place, *is_number)?);
            }
            tags.push(self.row(cells, &head)?);
        }
        nodes.push(Node::Group(Kind::Table, tags));
        self.space(8.0);
        Ok(())
    }

    fn signatures(&mut self, signatures: &Signatures, nodes: &mut Vec<Node>) -> Result<()> {
        let (first, height) = (WIDTH * 0.42, 26.0);
        for what in &signatures.alone {
            self.need(height);
            let mut leaves = Vec::new();
            self.y += height - Letters::BODY.leading();
            let line = vec![Span::Text(what.clone())];
            self.lines(&line, LEFT, first, Letters::BODY, &mut leaves)?;
            self.rule(LEFT + first, WIDTH - first, 0.6, INK);
            nodes.push(Node::Group(Kind::Paragraph, leaves));
        }
        self.space(22.0);
        let width = (WIDTH - 2.0 * GAP) / 3.0;
        let mut x = LEFT;
        let mut leaves = Vec::new();
        for title in &signatures.each {
            let line = Flow::new(self.fonts, &[Span::Text(format!("{title} "))], SMALL, true)?;
            for line in line.lines(self.fonts, width)? {
                self.set(line, x, Letters::SMALL_BOLD, Some(&mut leaves));
            }
            x += width + GAP;
        }
        nodes.push(Node::Group(Kind::Paragraph, leaves));
        self.y += Letters::SMALL_BOLD.leading();
        for _ in 0..signatures.number {
            self.need(34.0);
            self.y += 34.0;
            for column in 0..3u8 {
                self.rule(LEFT + f32::from(column) * (width + GAP), width, 0.6, INK);
            }
        }
        Ok(())
    }

    /// What every page says at its foot.
    fn feet(&mut self, minutes: &Minutes) -> Result<()> {
        let letters = Letters { size: 8.0, is_bold: false, colour: INK };
        let number = self.pages.len();
        for page in 0..number {
            let count = super::page_of(minutes.language, page + 1, number);
            for (text, is_right) in [(minutes.foot.clone(), false), (count, true)] {
                let flow = Flow::new(self.fonts, &[Span::Text(text)], letters.size, false)?;
                let Some(line) = flow.lines(self.fonts, WIDTH)?.into_iter().next() else { continue };
                let x = if is_right { RIGHT - line.width } else { LEFT };
                let marks = line.runs.into_iter().map(|run| {
                    let x = x + run.x;
                    Mark::Letters { run, x, y: FOOT, size: letters.size, colour: letters.colour, leaf: None }
                });
                if let Some(page) = self.pages.get_mut(page) {
                    page.extend(marks);
                }
            }
        }
        Ok(())
    }
}

/// The height that a table needs on its first page, if its cells have one line each: all of a short table.
fn least_height(table: &Table) -> f32 {
    const SHORT: usize = 6;
    let rows = if table.rows.len() <= SHORT { table.rows.len() } else { 0 };
    ((rows + 1) as f32 * (Letters::SMALL.leading() + 5.0)).max(60.0)
}

/// Where columns begin, and how wide they are, from the widths of their whole texts and of their longest words.
fn columns(natural: &[f32], least: &[f32], is_number: &[bool]) -> Vec<[f32; 2]> {
    let gaps = GAP * natural.len().saturating_sub(1) as f32;
    let (room, all, words) = (WIDTH - gaps, natural.iter().sum::<f32>(), least.iter().sum::<f32>());
    let widths: Vec<f32> = if all <= room {
        // What is left over goes to the texts, so that numbers stay in their columns at the right.
        let texts: f32 = natural.iter().zip(is_number).filter(|(_, number)| !**number).map(|(width, _)| width).sum();
        let more = |(width, number): (&f32, &bool)| match *number || texts <= 0.0 {
            true => *width,
            false => width + (room - all) * width / texts,
        };
        natural.iter().zip(is_number).map(more).collect()
    } else if words < room {
        let share = (room - words) / (all - words);
        natural.iter().zip(least).map(|(natural, least)| least + (natural - least) * share).collect()
    } else {
        least.iter().map(|least| least * room / words).collect()
    };
    let mut x = LEFT;
    let place = |width: f32| {
        let place = [x, width + 0.01];
        x += width + GAP;
        place
    };
    widths.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::model::{Column, Section};
    use super::super::super::words::Language;
    use super::*;

    /// As many paragraphs, one that announces a table, and the table.
    fn minutes(paragraphs: usize, table: Option<Table>) -> Minutes {
        let line = |text: &str| vec![Span::Text(text.to_owned())];
        let mut blocks = vec![Block::Paragraph(line("Text.")); paragraphs];
        blocks.push(Block::Paragraph(line("Changes:")));
        blocks.extend(table.map(Block::Table));
        let sections = vec![Section { heading: "Turnout".to_owned(), blocks }];
        let (title, foot) = (line("Minutes"), String::new());
        Minutes { language: Language::En, before: Vec::new(), title, after: Vec::new(), sections, foot }
    }

    #[test]
    fn a_short_table_is_on_one_page_with_what_announces_it() {
        let line = |text: &str| vec![Span::Text(text.to_owned())];
        let table = Table {
            head: vec![Column { title: line("Reason"), is_number: false }],
            rows: vec![vec![line("lost code")]; 6],
        };
        let fonts = Fonts::read().unwrap();
        let mut pages = std::collections::BTreeSet::new();
        for paragraphs in 0..60 {
            // The leaves are counted in their order, so that those of the table are the last.
            let before = Layout::new(&fonts, &minutes(paragraphs, None)).unwrap().leaves;
            let layout = Layout::new(&fonts, &minutes(paragraphs, Some(table.clone()))).unwrap();
            let is_of_table =
                |mark: &Mark| matches!(mark, Mark::Letters { leaf: Some(leaf), .. } if leaf + 1 >= before);
            let with_table = layout.pages.iter().enumerate().filter(|(_, marks)| marks.iter().any(is_of_table));
            let with_table: Vec<usize> = with_table.map(|(page, _)| page).collect();
            assert_eq!(with_table.len(), 1, "{paragraphs} paragraphs: pages {with_table:?}");
            pages.extend(with_table);
        }
        assert!(pages.len() > 1, "no page ended near the table");
    }
}
