//! The minutes as one HTML page: no script, nothing from elsewhere, for a screen of any width and for print on A4.

use super::model::{Block, Column, Line, Minutes, Section, Signatures, Span, Table, Tone, plain};
use super::words::Language;

/// Every text has a contrast of at least 7 to 1 with its background. Colours mean nothing that words do not say.
const STYLE: &str = "\
:root { --ink: #16202b; --line: #6b7785; --good: #0e5a33; --open: #6a4300; --bad: #8c1610 }
* { box-sizing: border-box }
html { background: #fff }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 3rem; color: var(--ink); background: #fff;
  font: 1.0625rem/1.5 Georgia, 'Noto Serif', 'DejaVu Serif', serif; overflow-wrap: break-word }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 1rem }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.25rem 0 .75rem; padding-bottom: .2rem; border-bottom: 2px solid var(--ink) }
h3 { font-size: 1.1rem; line-height: 1.35; margin: 1.5rem 0 .5rem }
p { margin: .5rem 0 } ul { margin: .5rem 0; padding-left: 1.4rem } li { margin: .2rem 0 }
code { font: .875em/1.4 'DejaVu Sans Mono', ui-monospace, monospace; overflow-wrap: anywhere }
pre { margin: .5rem 0; padding: .6rem .75rem; border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere }
pre code { font-size: .9rem }
.notice { margin: 0 0 1rem; padding: .75rem 1rem; border: 2px solid; border-left-width: .6rem; font-size: 1.15rem }
.good { color: var(--good); border-color: var(--good) } .open { color: var(--open); border-color: var(--open) }
.bad { color: var(--bad); border-color: var(--bad) }
.rehearsal { font-size: 1.75rem; line-height: 1.25 }
.wide { overflow-x: auto; margin: .75rem 0 }
table { border-collapse: collapse; width: 100%; font-size: 1rem }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line) }
th:last-child, td:last-child { padding-right: 0 }
thead th { border-bottom: 2px solid var(--ink) }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums } td.number { white-space: nowrap }
.facts th { width: 34%; font-weight: 600 } .facts td { overflow-wrap: anywhere }
.sign td { height: 3.2rem } .sign.alone { margin-bottom: 1.5rem } .sign.alone th { width: 45%; vertical-align: bottom; font-weight: 400 }
.sign.alone td { border-bottom: 1px solid var(--ink) } .sign.alone th { border: 0 }
@media (max-width: 36rem) {
  .facts tr, .facts th, .facts td { display: block; width: auto } .facts th { border: 0; padding-bottom: 0 }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11.5pt } h2 { break-after: avoid } h3 { break-after: avoid }
  tr, li, pre, .notice, .sign { break-inside: avoid } thead { display: table-header-group } p { orphans: 3; widows: 3 }
  .wide { overflow: visible }
}
";

/// The page of the minutes.
pub(super) fn page(minutes: &Minutes) -> String {
    let Minutes { language, before, title, after, sections, foot } = minutes;
    let writer = Page { language: *language };
    let mut body = String::new();
    before.iter().for_each(|block| writer.block(block, &mut body));
    body.push_str(&format!("<h1>{}</h1>\n", writer.line(title)));
    after.iter().for_each(|block| writer.block(block, &mut body));
    sections.iter().for_each(|section| writer.section(section, &mut body));
    let foot = css_string(foot);
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}@page {{ size: A4; margin: 20mm 18mm 22mm; \
         @bottom-left {{ content: {foot}; font: 9pt sans-serif }} \
         @bottom-right {{ content: counter(page) \" / \" counter(pages); font: 9pt sans-serif }} }}\n\
         </style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        language.tag(),
        escaped(&plain(title)),
    )
}

struct Page {
    language: Language,
}

impl Page {
    fn section(&self, section: &Section, page: &mut String) {
        page.push_str(&format!("<section>\n<h2>{}</h2>\n", escaped(&section.heading)));
        section.blocks.iter().for_each(|block| self.block(block, page));
        page.push_str("</section>\n");
    }

    fn block(&self, block: &Block, page: &mut String) {
        match block {
            Block::Notice(tone, line) => {
                let tone = match tone {
                    Tone::Good => "good",
                    Tone::Open => "open",
                    Tone::Rehearsal => "open rehearsal",
                    Tone::Bad => "bad",
                };
                page.push_str(&format!("<p class=\"notice {tone}\">{}</p>\n", self.line(line)));
            }
            Block::Heading(line) => page.push_str(&format!("<h3>{}</h3>\n", self.line(line))),
            Block::Paragraph(line) => page.push_str(&format!("<p>{}</p>\n", self.line(line))),
            Block::Items(items) => {
                let items: String = items.iter().map(|line| format!("<li>{}</li>\n", self.line(line))).collect();
                page.push_str(&format!("<ul>\n{items}</ul>\n"));
            }
            Block::Command(command) => {
                page.push_str(&format!("<pre><code translate=\"no\">{}</code></pre>\n", escaped(command)));
            }
            Block::Facts(facts) => {
                let row = |(name, value): &(Line, Line)| {
                    format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", self.line(name), self.line(value))
                };
                let rows: String = facts.iter().map(row).collect();
                page.push_str(&format!("<table class=\"facts\">\n{rows}</table>\n"));
            }
            Block::Table(table) => self.table(table, page),
            Block::Signatures(signatures) => sign(signatures, page),
        }
    }

    fn table(&self, Table { head, rows }: &Table, page: &mut String) {
        let class = |column: &Column| if column.is_number { " class=\"number\"" } else { "" };
        let title = |column: &Column| format!("<th scope=\"col\"{}>{}</th>", class(column), self.line(&column.title));
        let cell = |(column, cell): (&Column, &Line)| format!("<td{}>{}</td>", class(column), self.line(cell));
        let row = |row: &Vec<Line>| format!("<tr>{}</tr>\n", head.iter().zip(row).map(cell).collect::<String>());
        page.push_str(&format!(
            "<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
            head.iter().map(title).collect::<String>(),
            rows.iter().map(row).collect::<String>(),
        ));
    }

    fn line(&self, line: &[Span]) -> String {
        line.iter().map(|span| self.span(span)).collect()
    }

    fn span(&self, span: &Span) -> String {
        let text = escaped(span.text());
        match span {
            Span::Text(_) => text,
            Span::Strong(_) => format!("<strong>{text}</strong>"),
            // A name that is written from right to left changes the order of nothing else.
            Span::Name { language: None, .. } => format!("<bdi translate=\"no\">{text}</bdi>"),
            Span::Name { language: Some(language), .. } => {
                format!("<bdi translate=\"no\" lang=\"{}\">{text}</bdi>", escaped(language))
            }
            Span::Code(_) => format!("<code translate=\"no\">{text}</code>"),
            Span::English(_) if self.language == Language::En => text,
            Span::English(_) => format!("<span lang=\"en\">{text}</span>"),
        }
    }
}

/// The lines on which people sign.
fn sign(Signatures { alone, each, number }: &Signatures, page: &mut String) {
    let line = |what: &String| format!("<tr><th scope=\"row\">{}</th><td></td></tr>\n", escaped(what));
    let lines: String = alone.iter().map(line).collect();
    page.push_str(&format!("<table class=\"sign alone\">\n{lines}</table>\n"));
    let head: String = each.iter().map(|title| format!("<th scope=\"col\">{}</th>", escaped(title))).collect();
    let rows = format!("<tr>{}</tr>\n", "<td></td>".repeat(each.len())).repeat(*number);
    page.push_str(&format!(
        "<table class=\"sign\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    ));
}

/// A text without characters that mean something in HTML.
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

/// A text as a string of CSS. Only letters and digits are written as they are.
fn css_string(text: &str) -> String {
    let mut string = String::from("\"");
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '-' => string.push(character),
            other => string.push_str(&format!("\\{:x} ", u32::from(other))),
        }
    }
    string.push('"');
    string
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_no_markup() {
        let hostile = "</title><script>alert(1)</script>\" onload='x' &amp;\u{202e}";
        let page = Page { language: Language::It };
        for span in [
            Span::name(hostile, None),
            Span::name("x", Some("\"><script>")),
            Span::code(hostile),
            Span::Text(hostile.into()),
            Span::English(hostile.into()),
            Span::Strong(hostile.into()),
        ] {
            let html = page.span(&span);
            assert!(!html.contains("<script") && !html.contains("' ") && !html.contains("&amp;\u{202e}"), "{html}");
        }
        assert_eq!(
            page.span(&Span::name("a<b>\u{202e}", Some("ar"))),
            "<bdi translate=\"no\" lang=\"ar\">a&lt;b&gt;\\u{202e}</bdi>"
        );
        assert_eq!(css_string("a\"}</style>\\ é"), "\"a\\22 \\7d \\3c \\2f style\\3e \\5c  \\e9 \"");
    }
}
