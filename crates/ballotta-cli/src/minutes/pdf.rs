//! The minutes as a PDF: tagged for readers that do not see it, as PDF/UA-1 says, with the letters of its fonts in the file.
//! It has no time and nothing random, so that the same minutes are the same bytes.

mod file;
mod layout;
mod text;

use anyhow::Result;

use self::layout::Layout;
use self::text::Fonts;
use super::model::{Minutes, plain};
use super::words::{self, Language};

/// The bytes of the PDF. A letter that no font has is an error.
pub(super) fn file(minutes: &Minutes) -> Result<Vec<u8>> {
    let fonts = Fonts::read()?;
    let layout = Layout::new(&fonts, minutes)?;
    file::write(&fonts, &layout, &plain(&minutes.title), minutes.language.tag())
}

/// What a page says about its number.
fn page_of(language: Language, page: usize, pages: usize) -> String {
    plain(&language.tell(words::PAGE, &[("page", page.to_string()), ("pages", pages.to_string())]))
}
