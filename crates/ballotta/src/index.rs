//! The numbers of trustees and of credential authorities, which are counted from 1 in everything that is published.
//!
//! A number that was read from a message and not looked up yet is a `u16`: it may be 0, or name nobody. It becomes an
//! index when it is looked up: [`TrusteeIndex::find`], [`AuthorityIndex::find`].

use core::fmt;
use core::iter::zip;
use core::num::NonZeroU16;

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU16);

        impl $name {
            /// The first index, which is 1.
            pub const FIRST: Self = Self(NonZeroU16::MIN);

            /// The index with this number; `None` for 0.
            #[must_use]
            pub const fn new(number: u16) -> Option<Self> {
                match NonZeroU16::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The number of the index, at least 1.
            #[must_use]
            pub const fn get(self) -> u16 {
                self.0.get()
            }

            /// The member with this number in a list of all members, and its index; `None` for 0 and past the end.
            #[must_use]
            pub fn find<T>(number: u16, members: &[T]) -> Option<(Self, &T)> {
                let index = Self::new(number)?;
                members.get(usize::from(number) - 1).map(|member| (index, member))
            }

            /// The members of a list, each with its index.
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
    /// The number of a trustee in the manifest, from 1.
    TrusteeIndex
}
index_type! {
    /// The number of a credential authority in the manifest, from 1.
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
