//! The seats of lists, and the people who take them.
//!
//! See `spec/contests.md#seats`. Seats go to candidates: a list never has more people than it has candidates.

use alloc::string::String;
use alloc::vec::Vec;
use core::iter::zip;

use serde::{Deserialize, Serialize};

use super::lot::Order;
use super::{Circumstances, OpenBecause};
use crate::contest::{Outcome, People, SeatMethod, Seats, allocate};

/// The seats that the lists of a contest get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatsResult {
    /// The number of seats for all lists together.
    pub number: u32,
    /// The method that gives the seats to the lists.
    pub method: SeatMethod,
    /// Who takes the seats of a list.
    pub people: People,
    /// The lists, in the order of the rule.
    pub lists: Vec<ListSeats>,
    /// The lists that tie for the seats that no list gets.
    pub tied: Vec<String>,
    /// The number of seats that no list gets.
    pub open: u32,
    /// Why no list gets them; `None` if there are none.
    pub because: Option<OpenBecause>,
}

/// The seats of a list, and the people who take them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSeats {
    /// The identifier of the list.
    pub id: String,
    /// The number of its seats.
    pub seats: u32,
    /// How many of them it has by lot, among lists with equal claims.
    pub by_lot: u32,
    /// The candidates who take the seats, in the order in which they take them.
    pub elected: Vec<Seated>,
    /// The candidates who tie for the seats of the list that stay open.
    pub tied: Vec<String>,
    /// The number of seats of the list that stay open.
    pub open: u32,
    /// Why they stay open; `None` if none does.
    pub because: Option<ListBecause>,
    /// The other candidates, from the one that moves up first. Candidates who tie are together.
    pub reserves: Vec<Vec<String>>,
}

/// A candidate who takes a seat of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seated {
    /// The identifier of the candidate.
    pub id: String,
    /// The part of the rule by which the candidate takes the seat.
    pub by: SeatedBy,
}

/// The part of the rule by which a candidate takes a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatedBy {
    /// The preferences for the candidate.
    Preferences,
    /// The place of the candidate on the list.
    Order,
    /// The lot, among candidates with equal preferences.
    Lot,
}

/// Why seats of a list stay open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListBecause {
    /// More candidates have equal preferences than there are seats, and the manifest leaves ties open.
    Tie,
    /// The list has no more candidates.
    NoCandidates,
}

/// Gives the seats of a contest to its lists, and to their candidates. `ids` are the identifiers of the options of the
/// contest with this identifier. `lists` has the option number of each list and those of its candidates.
pub(crate) fn seat(
    Seats { number, method, people }: Seats,
    lists: &[(usize, Vec<usize>)],
    outcome: &Outcome,
    contest: &str,
    ids: &[&str],
    circumstances: &Circumstances<'_>,
) -> SeatsResult {
    let name = |option: usize| ids.get(option).map(|id| String::from(*id)).unwrap_or_default();
    let total = |option: usize| outcome.counts().and_then(|counts| counts.get(option)).copied().unwrap_or(0);
    let lots = Order::new(circumstances.lot, contest, ids.iter().copied());
    let option_of = |list: usize| lists.get(list).map_or(usize::MAX, |(option, _)| *option);
    let number_of = |option: usize| lists.iter().position(|(list, _)| *list == option);
    // Without quorum no list has a claim.
    let of_list = |(list, _): &(usize, Vec<usize>)| if circumstances.has_quorum { total(*list) } else { 0 };
    let totals: Vec<u64> = lists.iter().map(of_list).collect();
    let allocation = allocate(&totals, number, method, &|tied| {
        let drawn = lots.sorted(&tied.iter().map(|list| option_of(*list)).collect::<Vec<_>>())?;
        Some(drawn.into_iter().filter_map(number_of).collect())
    });
    let because = match allocation.open {
        0 => None,
        _ if !circumstances.has_quorum => Some(OpenBecause::NoQuorum),
        _ if !allocation.tied.is_empty() => Some(OpenBecause::Tie),
        _ => Some(OpenBecause::NoVotes),
    };
    let of_list = |((list, candidates), (seats, by_lot)): (&(usize, Vec<usize>), (&u32, &u32))| {
        let ties = match people {
            People::Order => candidates.iter().map(|candidate| alloc::vec![*candidate]).collect(),
            _ => ties(candidates, &total),
        };
        let mut result = ListSeats {
            id: name(*list),
            seats: *seats,
            by_lot: *by_lot,
            elected: Vec::new(),
            tied: Vec::new(),
            open: *seats,
            because: None,
            reserves: Vec::new(),
        };
        for tie in ties {
            result.take(&tie, people, &lots, &name);
        }
        if result.open > 0 {
            result.because = Some(if result.tied.is_empty() { ListBecause::NoCandidates } else { ListBecause::Tie });
        }
        result
    };
    SeatsResult {
        number,
        method,
        people,
        lists: zip(lists, zip(&allocation.seats, &allocation.by_lot)).map(of_list).collect(),
        tied: allocation.tied.iter().map(|list| name(option_of(*list))).collect(),
        open: allocation.open,
        because,
    }
}

/// Sorts candidates by their totals, the largest first. Those with equal totals are together, in the order of the list.
fn ties(candidates: &[usize], total: &dyn Fn(usize) -> u64) -> Vec<Vec<usize>> {
    let mut sorted = candidates.to_vec();
    // The sort is stable.
    sorted.sort_by_key(|candidate| core::cmp::Reverse(total(*candidate)));
    sorted.chunk_by(|one, next| total(*one) == total(*next)).map(<[usize]>::to_vec).collect()
}

impl ListSeats {
    /// Gives seats to candidates with equal claims; the candidates without a seat are reserves.
    fn take(&mut self, tie: &[usize], people: People, lots: &Order, name: &dyn Fn(usize) -> String) {
        let open = self.open as usize;
        // The order of candidates with equal claims, and what decides it.
        let (order, by) = match people {
            People::Order | People::PreferencesThenOrder => (Some(tie.to_vec()), SeatedBy::Order),
            People::Preferences => (lots.sorted(tie), SeatedBy::Lot),
        };
        let mut seats = 0;
        if self.tied.is_empty() && open > 0 {
            let (seated, by) = match &order {
                _ if tie.len() <= open && people != People::Order => (tie, SeatedBy::Preferences),
                Some(order) => (order.as_slice(), by),
                None => {
                    self.tied = tie.iter().map(|candidate| name(*candidate)).collect();
                    return;
                }
            };
            self.elected.extend(seated.iter().take(open).map(|candidate| Seated { id: name(*candidate), by }));
            seats = seated.len().min(open);
            self.open -= seats as u32;
        }
        match order {
            Some(order) => {
                self.reserves.extend(order.iter().skip(seats).map(|candidate| alloc::vec![name(*candidate)]));
            }
            None if seats == tie.len() => {}
            None => self.reserves.push(tie.iter().map(|candidate| name(*candidate)).collect()),
        }
    }
}
