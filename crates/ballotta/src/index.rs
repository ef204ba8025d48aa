//! The indices of trustees and of credential authorities. All published data counts them from 1.
//!
//! A number from a message is a `u16` at first: it may be 0, or larger than the number of members. It becomes an index
//! when it is looked up: [`TrusteeIndex::find`], [`AuthorityIndex::find`].

use core::fmt;
use core::iter::zip;
use core::num::NonZeroU16;

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU16);

        impl $name {
            /// The index 1, which is the smallest.
            pub const FIRST: Self = Self(NonZeroU16::MIN);

            /// Returns the index with this number, or `None` for 0.
            #[must_use]
            pub const fn new(number: u16) -> Option<Self> {
                match NonZeroU16::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// Returns the number of the index, at least 1.
            #[must_use]
            pub const fn get(self) -> u16 {
                self.0.get()
            }

            /// Finds the member with this number in the list of all members. Returns `None` for 0 and past the end.
            #[must_use]
            pub fn find<T>(number: u16, members: &[T]) -> Option<(Self, &T)> {
                let index = Self::new(number)?;
                members.get(usize::from(number) - 1).map(|member| (index, member))
            }

            /// Iterates over the list of all members, each with its index.
            pub fn enumerate<T>(members: &[T]) -> impl Iterator<Item = (Self, &T)> {
                zip((1..=u16::MAX).filter_map(Self::new), members)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

index_type! {
    /// The index of a trustee in the manifest, counted from 1.
    TrusteeIndex
}
index_type! {
    /// The index of a credential authority in the manifest, counted from 1.
    AuthorityIndex
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn indices_count_from_one() {
        assert_eq!(TrusteeIndex::new(0), None);
        let members = ["a", "b"];
        let find = |number| TrusteeIndex::find(number, &members).map(|(index, name)| (index.get(), *name));
        assert_eq!([0, 1, 2, 3, u16::MAX].map(find), [None, Some((1, "a")), Some((2, "b")), None, None]);
        let numbered: Vec<_> = AuthorityIndex::enumerate(&members).map(|(index, name)| (index.get(), *name)).collect();
        assert_eq!(numbered, [(1, "a"), (2, "b")]);
    }
}
