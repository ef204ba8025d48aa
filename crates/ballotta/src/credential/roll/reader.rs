//! The reader that reads a roll in pieces.

use alloc::vec::Vec;
use core::mem::take;

use super::error::{RollError, RollProblem, RollRefused};
use super::index::{Blocks, RollIndex};
use super::line::RollLine;
use super::rules::{LineRules, RollRules};
use crate::limits::MAX_ROLL_LINE_BYTES;

/// A reader that reads a roll in pieces. It continues after a line that breaks a rule, and reports all such lines.
pub struct RollReader {
    rules: RollRules,
    /// The beginning of a line whose end has not been read yet, up to the length that shows that the line is too long.
    pub(super) partial: Vec<u8>,
    /// The number of lines whose end has been read.
    lines: u64,
    checked: LineRules,
    pub(super) blocks: Blocks,
    errors: u64,
    first: Option<RollError>,
}

impl RollReader {
    /// Creates a reader of a roll that must obey `rules`.
    #[must_use]
    pub fn new(rules: RollRules) -> Self {
        Self {
            partial: Vec::with_capacity(MAX_ROLL_LINE_BYTES),
            lines: 0,
            checked: LineRules::new(&rules),
            blocks: Blocks::new(),
            errors: 0,
            first: None,
            rules,
        }
    }

    /// Reads the next piece, which may have any length. It calls `visit` for every voter and every error, in order.
    pub fn feed(&mut self, piece: &[u8], visit: &mut impl FnMut(Result<RollLine, RollError>)) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(line) if self.partial.is_empty() => self.line(line, visit),
                Some(end) => {
                    self.keep(end);
                    let mut line = take(&mut self.partial);
                    self.line(&line, visit);
                    line.clear();
                    self.partial = line;
                }
                None => self.keep(part),
            }
        }
    }

    /// Ends the roll. It calls `visit` with an error if the roll ends too early.
    ///
    /// # Errors
    ///
    /// [`RollRefused`] if there was any error, in this call or in an earlier piece.
    pub fn finish(mut self, visit: &mut impl FnMut(Result<RollLine, RollError>)) -> Result<RollIndex, RollRefused> {
        if !self.partial.is_empty() {
            self.report(self.lines + 1, RollProblem::TrailingBytes, visit);
        } else if self.lines < 2 {
            self.report(self.lines + 1, RollProblem::Empty, visit);
        }
        match self.first {
            Some(first) => Err(RollRefused { errors: self.errors, first }),
            None => Ok(self.blocks.into_index(self.rules, self.checked.totals)),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_ROLL_LINE_BYTES.saturating_sub(self.partial.len());
        self.partial.extend(bytes.iter().take(room));
    }

    /// Reads a line without its end.
    fn line(&mut self, bytes: &[u8], visit: &mut impl FnMut(Result<RollLine, RollError>)) {
        self.lines += 1;
        match self.read(bytes) {
            Ok(Some(line)) => visit(Ok(line)),
            Ok(None) => {}
            Err(problem) => self.report(self.lines, problem, visit),
        }
    }

    /// Reads the voter of a line, or `None` from the first line.
    fn read(&mut self, bytes: &[u8]) -> Result<Option<RollLine>, RollProblem> {
        if bytes.len() >= MAX_ROLL_LINE_BYTES {
            return Err(RollProblem::LineTooLong);
        }
        if self.lines == 1 {
            self.rules.check_header(bytes)?;
            self.blocks.skip(bytes);
            return Ok(None);
        }
        let line = self.rules.parse(self.lines, bytes)?;
        self.checked.admit(&self.rules, &line)?;
        // After an error there will be no index.
        if self.first.is_none() {
            self.blocks.push(&line.credential, bytes);
        }
        Ok(Some(line))
    }

    /// Counts an error and shows it to `visit`.
    fn report(&mut self, line: u64, problem: RollProblem, visit: &mut impl FnMut(Result<RollLine, RollError>)) {
        let error = RollError { line, problem };
        self.errors += 1;
        self.first.get_or_insert(error);
        visit(Err(error));
    }
}
