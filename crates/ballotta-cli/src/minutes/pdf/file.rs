//! The objects of the file: pages, fonts, and the tree of tags.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, StructRole, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use sha2::{Digest as _, Sha256};
use subsetter::GlyphRemapper;

use super::layout::{Entry, Kind, Layout, Mark, Node, PAGE};
use super::text::{Fonts, Run, Typeface};

const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// The names of the fonts on the pages: regular and bold.
const FONTS: [Name<'static>; 2] = [Name(b"F0"), Name(b"F1")];

/// Numbers for the objects of the file.
struct Refs(Ref);

impl Refs {
    fn next(&mut self) -> Ref {
        self.0.bump()
    }
}

/// The glyphs of a font that the minutes use, and the letters that each shows.
struct Used<'a> {
    typeface: &'a Typeface,
    glyphs: GlyphRemapper,
    texts: BTreeMap<u16, String>,
}

impl<'a> Used<'a> {
    fn new(typeface: &'a Typeface) -> Self {
        Self { typeface, glyphs: GlyphRemapper::new(), texts: BTreeMap::new() }
    }

    /// Uses the glyphs of a run. Returns whether the letters of the run follow from its glyphs.
    fn add(&mut self, run: &Run) -> bool {
        let mut follows = true;
        for glyph in &run.glyphs {
            let id = self.glyphs.remap(glyph.id);
            let text = self.texts.entry(id).or_insert_with(|| glyph.text.clone());
            follows &= *text == glyph.text && !text.is_empty();
        }
        follows
    }
}

/// Where a leaf of the tree of tags is.
#[derive(Clone, Copy)]
struct Place {
    page: usize,
    /// The number of the marked content on its page.
    number: i32,
}

/// Writes the file.
pub(super) fn write(fonts: &Fonts, layout: &Layout<'_>, title: &str, language: &str) -> Result<Vec<u8>> {
    let mut refs = Refs(Ref::new(1));
    let (catalog, pages, metadata, outline, tree) = (refs.next(), refs.next(), refs.next(), refs.next(), refs.next());
    let of_pages: Vec<Ref> = layout.pages.iter().map(|_| refs.next()).collect();
    let of_fonts = [refs.next(), refs.next()];
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);

    let mut used = [Used::new(fonts.typeface(false)), Used::new(fonts.typeface(true))];
    let mut places: Vec<Option<Place>> = vec![None; layout.leaves];
    let mut marked = vec![0; layout.pages.len()];
    let mut digest = Sha256::new();
    for (number, (marks, id)) in layout.pages.iter().zip(&of_pages).enumerate() {
        let mut page = Page { number, marked: 0, content: Content::new() };
        marks.iter().for_each(|mark| page.draw(mark, &mut used, &mut places));
        if let Some(marked) = marked.get_mut(number) {
            *marked = page.marked;
        }
        let content = page.content.finish();
        digest.update(&*content);
        let stream = refs.next();
        pdf.stream(stream, &compressed(&content)?).filter(Filter::FlateDecode);
        let [width, height] = PAGE;
        let mut page = pdf.page(*id);
        page.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(stream);
        page.struct_parents(number as i32);
        page.pair(Name(b"Tabs"), Name(b"S"));
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        FONTS.iter().zip(of_fonts).for_each(|(name, font)| {
            fonts.pair(*name, font);
        });
        fonts.finish();
        resources.finish();
        page.finish();
    }
    pdf.pages(pages).kids(of_pages.iter().copied()).count(of_pages.len() as i32);
    for (used, id) in used.iter().zip(of_fonts) {
        font(&mut pdf, &mut refs, used, id)?;
    }

    let mut tags = Tags { pdf: &mut pdf, refs: &mut refs, pages: &of_pages, places: &places, parents: Vec::new() };
    tags.parents = marked.iter().map(|marked| vec![None; *marked]).collect();
    let document = tags.group(StructRole::Document, None, &layout.tree, tree).context("minutes have content")?;
    let parents = std::mem::take(&mut tags.parents);
    // Every marked piece has a leaf in the tree. Without one it would belong to the document.
    let parents: Vec<(Ref, Vec<Ref>)> = parents
        .into_iter()
        .map(|parents| (refs.next(), parents.into_iter().map(|parent| parent.unwrap_or(document)).collect()))
        .collect();
    let mut root = pdf.indirect(tree).start::<pdf_writer::writers::StructTreeRoot<'_>>();
    root.child(document);
    let mut parent_tree = root.parent_tree();
    let mut entries = parent_tree.nums();
    for (number, (id, _)) in parents.iter().enumerate() {
        entries.insert(number as i32, *id);
    }
    entries.finish();
    parent_tree.finish();
    root.parent_tree_next_key(parents.len() as i32);
    root.finish();
    for (id, parents) in &parents {
        pdf.indirect(*id).array().items(parents.iter().copied());
    }

    outlines(&mut pdf, &mut refs, outline, &layout.outline, &of_pages);
    let xmp = xmp(title, language);
    digest.update(xmp.as_bytes());
    pdf.stream(metadata, xmp.as_bytes()).pair(Name(b"Type"), Name(b"Metadata")).pair(Name(b"Subtype"), Name(b"XML"));
    let info = refs.next();
    pdf.document_info(info).title(TextStr(title)).producer(TextStr("ballotta"));
    let mut root = pdf.catalog(catalog);
    root.pages(pages).outlines(outline).metadata(metadata).lang(TextStr(language));
    root.pair(Name(b"StructTreeRoot"), tree);
    root.mark_info().marked(true);
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    let mut id = digest.finalize().to_vec();
    id.truncate(16);
    pdf.set_file_id((id.clone(), id));
    Ok(pdf.finish())
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).context("a part of the PDF cannot be compressed")?;
    encoder.finish().context("a part of the PDF cannot be compressed")
}

/// A page that is drawn.
struct Page {
    number: usize,
    marked: usize,
    content: Content,
}

impl Page {
    fn draw(&mut self, mark: &Mark, used: &mut [Used<'_>; 2], places: &mut [Option<Place>]) {
        let height = PAGE[1];
        let colour = |[red, green, blue]: [u8; 3]| [red, green, blue].map(|part| f32::from(part) / 255.0);
        match mark {
            Mark::Rule { x, y, width, height: thickness, colour: of } => {
                let [red, green, blue] = colour(*of);
                self.content.begin_marked_content(Name(b"Artifact"));
                self.content.set_fill_rgb(red, green, blue);
                self.content.rect(*x, height - y - thickness, *width, *thickness).fill_nonzero();
                self.content.end_marked_content();
            }
            Mark::Letters { run, x, y, size, colour: of, leaf } => {
                let [regular, bold] = used;
                let (font, used) = if run.style.is_bold { (FONTS[1], bold) } else { (FONTS[0], regular) };
                let follows = used.add(run);
                match leaf {
                    None => drop(self.content.begin_marked_content(Name(b"Artifact"))),
                    Some(leaf) => {
                        let place = Place { page: self.number, number: self.marked as i32 };
                        self.marked += 1;
                        if let Some(of_leaf) = places.get_mut(*leaf) {
                            *of_leaf = Some(place);
                        }
                        let mut content = self.content.begin_marked_content_with_properties(Name(b"Span"));
                        let mut properties = content.properties();
                        properties.identify(place.number);
                        if let Some(language) = &run.style.language {
                            properties.pair(Name(b"Lang"), TextStr(language));
                        }
                        if !follows {
                            properties.actual_text(TextStr(&run.text));
                        }
                    }
                }
                let [red, green, blue] = colour(*of);
                self.content.begin_text().set_font(font, *size).set_fill_rgb(red, green, blue);
                self.letters(run, used, [*x, height - y], *size);
                self.content.end_text().end_marked_content();
            }
        }
    }

    /// Draws glyphs one after the other. Those that are not on the line, such as accents, are placed by themselves.
    fn letters(&mut self, run: &Run, used: &Used<'_>, [mut x, y]: [f32; 2], size: f32) {
        let mut glyphs = run.glyphs.iter().peekable();
        while let Some(first) = glyphs.peek() {
            let [right, up] = first.offset;
            let is_alone = right != 0.0 || up != 0.0;
            self.content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x + right * size, y + up * size]);
            let mut positioned = self.content.show_positioned();
            let mut items = positioned.items();
            while let Some(glyph) = glyphs.next_if(|glyph| is_alone || glyph.offset == [0.0; 2]) {
                // The glyphs of all runs are in the font of the file. 0 would be a box.
                let id = used.glyphs.get(glyph.id).unwrap_or(0);
                items.show(Str(&id.to_be_bytes()));
                // The width in the font is what a reader adds by itself.
                let kerning = (used.typeface.width(glyph.id) - glyph.advance) * 1000.0;
                if kerning.abs() > 0.01 && !is_alone {
                    items.adjust(kerning);
                }
                x += glyph.advance * size;
                if is_alone {
                    break;
                }
            }
        }
    }
}

/// Writes a font with the glyphs that are used.
fn font(pdf: &mut Pdf, refs: &mut Refs, used: &Used<'_>, id: Ref) -> Result<()> {
    let (cid, descriptor, cmap, data) = (refs.next(), refs.next(), refs.next(), refs.next());
    let Used { typeface, glyphs, texts } = used;
    let subset = subsetter::subset(typeface.bytes, 0, glyphs)
        .map_err(|error| anyhow::anyhow!("a font of the command cannot be used: {error:?}"))?;
    // The name of a subset begins with six letters of its own.
    let digest = Sha256::digest(&subset);
    let letters: String = digest.iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect();
    let name = format!("{letters}+{}", typeface.name);
    let name = Name(name.as_bytes());
    pdf.type0_font(id).base_font(name).encoding_predefined(Name(b"Identity-H")).descendant_font(cid).to_unicode(cmap);
    let mut font = pdf.cid_font(cid);
    font.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(descriptor);
    font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    font.widths().consecutive(0, glyphs.remapped_gids().map(|glyph| typeface.width(glyph) * 1000.0));
    font.finish();
    let scaled = |length: i16| typeface.scaled(length) * 1000.0;
    let face = &typeface.face;
    let bounds = face.global_bounding_box();
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(scaled(bounds.x_min), scaled(bounds.y_min), scaled(bounds.x_max), scaled(bounds.y_max)))
        .italic_angle(0.0)
        .ascent(scaled(face.ascender()))
        .descent(scaled(face.descender()))
        .cap_height(scaled(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(if typeface.name.ends_with("Bold") { 140.0 } else { 80.0 })
        .font_file2(data);
    let mut letters = UnicodeCmap::new(Name(b"Letters"), SYSTEM);
    for (glyph, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        letters.pair_with_multiple(*glyph, text.chars());
    }
    pdf.cmap(cmap, &letters.finish());
    let length = subset.len() as i32;
    let subset = compressed(&subset)?;
    let mut stream = pdf.stream(data, &subset);
    stream.filter(Filter::FlateDecode);
    stream.pair(Name(b"Length1"), length);
    Ok(())
}

/// Writes the tree of tags.
struct Tags<'a> {
    pdf: &'a mut Pdf,
    refs: &'a mut Refs,
    pages: &'a [Ref],
    places: &'a [Option<Place>],
    /// For each page, the tag of each marked content.
    parents: Vec<Vec<Option<Ref>>>,
}

impl Tags<'_> {
    /// Writes a tag with everything in it. A tag without content is left out.
    fn group(&mut self, role: StructRole, kind: Option<Kind>, nodes: &[Node], parent: Ref) -> Option<Ref> {
        enum Child {
            Tag(Ref),
            Content(Place),
        }
        let id = self.refs.next();
        let mut children = Vec::new();
        for node in nodes {
            match node {
                Node::Group(kind, nodes) => {
                    children.extend(self.group(role_of(*kind), Some(*kind), nodes, id).map(Child::Tag));
                }
                Node::Leaf(leaf) => {
                    let Some(place) = self.places.get(*leaf).copied().flatten() else { continue };
                    let parents = self.parents.get_mut(place.page);
                    if let Some(of_content) = parents.and_then(|parents| parents.get_mut(place.number as usize)) {
                        *of_content = Some(id);
                    }
                    children.push(Child::Content(place));
                }
            }
        }
        if children.is_empty() {
            return None;
        }
        let mut element = self.pdf.struct_element(id);
        element.kind(role).parent(parent);
        let attribute = match kind {
            Some(Kind::ColumnTitle) => Some((Name(b"Table"), Name(b"Scope"), Name(b"Column"))),
            Some(Kind::RowTitle) => Some((Name(b"Table"), Name(b"Scope"), Name(b"Row"))),
            Some(Kind::Items) => Some((Name(b"List"), Name(b"ListNumbering"), Name(b"Disc"))),
            _ => None,
        };
        if let Some((owner, name, value)) = attribute {
            element.insert(Name(b"A")).dict().pair(Name(b"O"), owner).pair(name, value);
        }
        let mut array = element.children();
        for child in children {
            match child {
                Child::Tag(id) => drop(array.struct_element(id)),
                Child::Content(Place { page, number }) => {
                    let mut content = array.marked_content_ref();
                    content.marked_content_id(number);
                    if let Some(page) = self.pages.get(page) {
                        content.page(*page);
                    }
                }
            }
        }
        array.finish();
        element.finish();
        Some(id)
    }
}

fn role_of(kind: Kind) -> StructRole {
    match kind {
        Kind::Section => StructRole::Sect,
        Kind::Heading(1) => StructRole::H1,
        Kind::Heading(2) => StructRole::H2,
        Kind::Heading(_) => StructRole::H3,
        Kind::Paragraph => StructRole::P,
        Kind::Code => StructRole::Code,
        Kind::Items => StructRole::L,
        Kind::Item => StructRole::LI,
        Kind::Bullet => StructRole::Lbl,
        Kind::ItemText => StructRole::LBody,
        Kind::Table => StructRole::Table,
        Kind::Row => StructRole::TR,
        Kind::ColumnTitle | Kind::RowTitle => StructRole::TH,
        Kind::Cell => StructRole::TD,
    }
}

/// Writes the outline: the title and the headings of the sections.
fn outlines(pdf: &mut Pdf, refs: &mut Refs, id: Ref, entries: &[Entry], pages: &[Ref]) {
    let ids: Vec<Ref> = entries.iter().map(|_| refs.next()).collect();
    let mut root = pdf.outline(id);
    if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
        root.first(*first).last(*last).count(ids.len() as i32);
    }
    root.finish();
    for (number, (entry, of_entry)) in entries.iter().zip(&ids).enumerate() {
        let mut item = pdf.outline_item(*of_entry);
        item.title(TextStr(&entry.title)).parent(id);
        if let Some(before) = number.checked_sub(1).and_then(|number| ids.get(number)) {
            item.prev(*before);
        }
        if let Some(after) = ids.get(number + 1) {
            item.next(*after);
        }
        if let Some(page) = pages.get(entry.page) {
            item.dest().page(*page).xyz(0.0, PAGE[1] - entry.y + 8.0, None);
        }
    }
}

/// What the file says of itself: its title, its language, and that it follows PDF/UA-1.
fn xmp(title: &str, language: &str) -> String {
    let mut escaped = String::with_capacity(title.len());
    for character in title.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{escaped}</rdf:li></rdf:Alt></dc:title>\
         <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>\
         <pdf:Producer>ballotta</pdf:Producer><pdfuaid:part>1</pdfuaid:part>\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
}
