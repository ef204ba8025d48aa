//! Work on all cores, with results in the order of the items. Without the feature `parallel`, only one core is used.

use alloc::vec::Vec;

/// `items.map(work)`, on all cores.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};

    let off = crate::weaken::inherited();
    items
        .into_par_iter()
        .map(|item| {
            let _weakened = crate::weaken::inherit(off);
            work(item)
        })
        .collect()
}

/// `items.map(work)`.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T, R>(items: Vec<T>, work: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(work).collect()
}

/// The number of cores that work.
pub(crate) fn cores() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    1
}

/// The number of items that are enough to use all cores.
pub(crate) fn width() -> usize {
    match cores() {
        1 => 1,
        cores => 2 * cores,
    }
}
