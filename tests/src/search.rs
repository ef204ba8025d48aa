//! Integers that satisfy rows.

use ballotta::form::Term;

/// The first integers, each from those of its bit, that satisfy all rows and that `wanted` takes. The last bit is the
/// first to be set: with 0 and 1 for each bit the order is that of counting. The search turns back only where a row
/// cannot be satisfied any more, whatever follows: where there are such integers, it finds them.
///
/// # Panics
///
/// If a bit has no integers, or a row has a bit that there is not.
#[must_use]
pub fn search(
    rows: &[(Vec<Term>, i64)],
    integers: &[Vec<i64>],
    wanted: impl FnMut(&[i64]) -> bool,
) -> Option<Vec<i64>> {
    let mut of_bits = vec![Vec::new(); integers.len()];
    let mut open = Vec::new();
    for (number, (terms, target)) in rows.iter().enumerate() {
        let mut row = Open { left: *target, least: 0, most: 0 };
        for (bit, coefficient) in terms {
            let (least, most) = reach(&integers[bit.index()], *coefficient);
            row.least += least;
            row.most += most;
            of_bits[bit.index()].push((number, *coefficient));
        }
        open.push(row);
    }
    let mut search = Search { integers, of_bits, open, values: vec![0; integers.len()], wanted };
    search.run(integers.len()).then_some(search.values)
}

/// The least and the most that a bit gives a row.
fn reach(integers: &[i64], coefficient: i64) -> (i64, i64) {
    let products = || integers.iter().map(|integer| integer * coefficient);
    (products().min().expect("integers"), products().max().expect("integers"))
}

/// A row: what is left of its target, and what the bits that are not set yet give at least and at most.
struct Open {
    left: i64,
    least: i64,
    most: i64,
}

struct Search<'a, F> {
    integers: &'a [Vec<i64>],
    /// For each bit the rows in which it appears.
    of_bits: Vec<Vec<(usize, i64)>>,
    open: Vec<Open>,
    values: Vec<i64>,
    wanted: F,
}

impl<F: FnMut(&[i64]) -> bool> Search<'_, F> {
    /// Sets the first `bits` bits.
    fn run(&mut self, bits: usize) -> bool {
        let Some(bit) = bits.checked_sub(1) else {
            return self.open.iter().all(|row| row.left == 0) && (self.wanted)(&self.values);
        };
        let rows = self.of_bits[bit].clone();
        for integer in &self.integers[bit] {
            let mut possible = true;
            for (row, coefficient) in &rows {
                let (least, most) = reach(&self.integers[bit], *coefficient);
                let row = &mut self.open[*row];
                (row.left, row.least, row.most) =
                    (row.left - integer * coefficient, row.least - least, row.most - most);
                possible &= (row.least..=row.most).contains(&row.left);
            }
            self.values[bit] = *integer;
            if possible && self.run(bit) {
                return true;
            }
            for (row, coefficient) in &rows {
                let (least, most) = reach(&self.integers[bit], *coefficient);
                let row = &mut self.open[*row];
                (row.left, row.least, row.most) =
                    (row.left + integer * coefficient, row.least + least, row.most + most);
            }
        }
        false
    }
}
