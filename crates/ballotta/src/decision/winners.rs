//! Winners: the options that are elected, from the front of the ranking, within the limits of groups.
//!
//! See `spec/contests.md#winners`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::lot::Order;
use super::{Circumstances, OpenBecause};
use crate::contest::Outcome;
use crate::json::{Distinct, Node};
use crate::limits::{MAX_OPTIONS, MAX_WINNER_GROUPS};
use crate::problem::ManifestProblem;
use crate::text::{Text, read_distinct_id, read_distinct_title};

/// How many options are elected, and the limits for groups of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Winners {
    /// The number of options that are elected.
    pub number: u32,
    /// Groups of options with limits on how many of them are elected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<WinnersGroup>,
}

/// A group of options, such as those of one affiliation or gender, and how many of them are elected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WinnersGroup {
    /// The identifier of the group. Results contain it.
    pub id: String,
    /// The title of the group.
    pub title: Text,
    /// The identifiers of its options.
    pub options: Vec<String>,
    /// The number of places that are kept for the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// The largest number of its options that are elected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

/// Who is elected, and who is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WinnersResult {
    /// The number of options to be elected.
    pub number: u32,
    /// The elected options, in the order in which they took their places.
    pub elected: Vec<Elected>,
    /// The options that a group kept from a place, in the order of the ranking.
    pub passed_over: Vec<PassedOver>,
    /// The options that tie for the places that stay open.
    pub tied: Vec<String>,
    /// The number of places that stay open.
    pub open: u32,
    /// Why places stay open; `None` if none does.
    pub because: Option<OpenBecause>,
    /// The other options with a vote, from the one that moves up first. Options that tie are together.
    pub reserves: Vec<Vec<String>>,
}

/// An option that is elected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elected {
    /// The identifier of the option.
    pub id: String,
    /// The part of the rule by which it is elected.
    pub by: ElectedBy,
}

/// The part of the rule by which an option is elected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectedBy {
    /// Its place in the ranking.
    Ranking,
    /// An option before it was passed over, so that it moved up.
    MovedUp,
    /// The lot, among options that tie.
    Lot,
}

/// An option that the limit of a group kept from a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassedOver {
    /// The identifier of the option.
    pub id: String,
    /// The group whose limit it is: one of its own that is full, or one for which the places that are left are kept.
    pub group: String,
}

/// The members of a group, and how many of them are elected.
struct Members {
    contains: Vec<bool>,
    at_least: usize,
    at_most: usize,
    elected: usize,
}

impl Members {
    fn has(&self, option: usize) -> bool {
        self.contains.get(option) == Some(&true)
    }

    fn is_full(&self) -> bool {
        self.elected >= self.at_most
    }

    /// How many places are kept for the group.
    fn needed(&self) -> usize {
        self.at_least.saturating_sub(self.elected)
    }
}

/// The places that are filled one after the other.
struct Places {
    left: usize,
    groups: Vec<Members>,
}

impl Places {
    fn new(rule: &Winners, ids: &[&str]) -> Self {
        let members = |group: &WinnersGroup| Members {
            contains: ids.iter().map(|id| group.options.iter().any(|member| member == id)).collect(),
            at_least: group.at_least.unwrap_or(0) as usize,
            at_most: group.at_most.map_or(usize::MAX, |most| most as usize),
            elected: 0,
        };
        Self { left: rule.number as usize, groups: rule.groups.iter().map(members).collect() }
    }

    /// The first group whose limit keeps the option from the next place: a full one that the option is in; or, if all places
    /// that are left are kept for groups and the option is in none of these, the first of them.
    fn obstacle(&self, option: usize) -> Option<usize> {
        let full = self.groups.iter().position(|group| group.has(option) && group.is_full());
        let needed: usize = self.groups.iter().map(Members::needed).sum();
        let is_needed = self.groups.iter().any(|group| group.has(option) && group.needed() > 0);
        let kept = || self.groups.iter().position(|group| group.needed() > 0);
        full.or_else(|| if needed >= self.left && !is_needed { kept() } else { None })
    }

    fn take(&mut self, option: usize) {
        self.left = self.left.saturating_sub(1);
        self.groups.iter_mut().filter(|group| group.has(option)).for_each(|group| group.elected += 1);
    }

    /// Whether all these options can take a place, whatever their order is.
    fn fits(&self, options: &[usize]) -> bool {
        let of = |group: &Members| options.iter().filter(|option| group.has(**option)).count();
        let within = self.groups.iter().all(|group| group.elected + of(group) <= group.at_most);
        let needed: usize = self.groups.iter().map(|group| group.needed().saturating_sub(of(group))).sum();
        options.len() <= self.left && within && needed <= self.left - options.len()
    }
}

impl Winners {
    /// Reads the field `winners` of a contest. `options` are the identifiers of its options, if they could be read.
    pub(crate) fn read<'a>(
        node: &Node<'a>,
        options: Option<&[Option<&'a str>]>,
        languages: Option<&[String]>,
    ) -> Option<Self> {
        let mut object = node.object()?;
        let most = options.map_or(MAX_OPTIONS, <[_]>::len).max(1) as u64;
        let number: Option<u32> = object.integer("number", 1..=most);
        let (mut ids, mut titles, mut kept) = (Distinct::default(), Distinct::default(), Vec::new());
        let groups = object.optional("groups", |node| {
            let groups = node.list(1..=MAX_WINNER_GROUPS, |node| {
                let mut object = node.object()?;
                let id = read_distinct_id(&mut object, &mut ids);
                let title = object.required("title", |node| read_distinct_title(&node, languages, &mut titles));
                let count = object.length("options").unwrap_or(MAX_OPTIONS).max(1) as u64;
                let number = number.map_or(most, u64::from);
                let at_least = object.optional("at_least", |node| node.integer::<u32>(1..=number.min(count)));
                let fewest = at_least.flatten().map_or(1, u64::from);
                let at_most = object.optional("at_most", |node| node.integer::<u32>(fewest..=number.max(fewest)));
                let keeps_places = at_least.flatten().is_some();
                let mut named: Vec<&str> = Vec::new();
                let members = object.required("options", |node| {
                    node.list(1..=MAX_OPTIONS, |node| {
                        let id = node.string()?;
                        if options.is_some_and(|options| !options.contains(&Some(id))) {
                            return node.path().fail(ManifestProblem::UnknownOption);
                        }
                        // Places that are kept for an option twice would be counted twice.
                        if named.contains(&id) || (keeps_places && kept.contains(&id)) {
                            return node.path().fail(ManifestProblem::OptionTwice);
                        }
                        named.push(id);
                        Some(String::from(id))
                    })
                });
                if keeps_places {
                    kept.append(&mut named);
                }
                if let (Some(None), Some(None)) = (at_least, at_most) {
                    return node.path().fail(ManifestProblem::NoLimit);
                }
                object.finish();
                Some(WinnersGroup {
                    id: id?.into(),
                    title: title?,
                    options: members?,
                    at_least: at_least?,
                    at_most: at_most?,
                })
            })?;
            let kept: u64 = groups.iter().filter_map(|group| group.at_least).map(u64::from).sum();
            match number.map(u64::from) {
                Some(places) if kept > places => {
                    node.path().fail(ManifestProblem::TooManyKeptPlaces { found: kept, places })
                }
                _ => Some(groups),
            }
        });
        object.finish();
        Some(Self { number: number?, groups: groups?.unwrap_or_default() })
    }

    /// Decides who is elected. `ids` are the identifiers of the options of the contest with this identifier.
    pub(crate) fn decide(
        &self,
        outcome: &Outcome,
        contest: &str,
        ids: &[&str],
        circumstances: &Circumstances<'_>,
    ) -> WinnersResult {
        let name = |option: usize| ids.get(option).map(|id| String::from(*id)).unwrap_or_default();
        let mut filling = Filling::new(Places::new(self, ids));
        let mut ties: Vec<Vec<usize>> = Vec::new();
        if circumstances.has_quorum {
            let lots = Order::new(circumstances.lot, contest, ids.iter().copied());
            let with_vote = |tie: &Vec<usize>| tie.iter().copied().filter(|option| outcome.has_vote(*option)).collect();
            ties = outcome.ranking().iter().map(with_vote).collect();
            ties.iter().for_each(|tie| filling.take(tie, &lots));
            ties = ties.iter().flat_map(|tie| filling.left_over(tie, &lots)).collect();
        }
        let Filling { places, elected, passed_over, tied } = filling;
        let because = match places.left {
            0 => None,
            _ if !circumstances.has_quorum => Some(OpenBecause::NoQuorum),
            _ if !tied.is_empty() => Some(OpenBecause::Tie),
            _ if !passed_over.is_empty() => Some(OpenBecause::Groups),
            _ => Some(OpenBecause::NoVotes),
        };
        let group = |number: usize| self.groups.get(number).map(|group| group.id.clone()).unwrap_or_default();
        WinnersResult {
            number: self.number,
            elected: elected.into_iter().map(|(option, by)| Elected { id: name(option), by }).collect(),
            passed_over: passed_over
                .into_iter()
                .map(|(option, number)| PassedOver { id: name(option), group: group(number) })
                .collect(),
            tied: tied.into_iter().map(name).collect(),
            open: places.left as u32,
            because,
            reserves: ties.into_iter().map(|tie| tie.into_iter().map(name).collect()).collect(),
        }
    }
}

/// The places while they are filled from the front of the ranking.
struct Filling {
    places: Places,
    elected: Vec<(usize, ElectedBy)>,
    /// The options that were passed over, each with the group that kept it from a place.
    passed_over: Vec<(usize, usize)>,
    /// The first options that tie for too few places. Nothing after them is decided.
    tied: Vec<usize>,
}

impl Filling {
    fn new(places: Places) -> Self {
        Self { places, elected: Vec::new(), passed_over: Vec::new(), tied: Vec::new() }
    }

    /// Fills places with the options of one place of the ranking.
    fn take(&mut self, tie: &[usize], lots: &Order) {
        if self.places.left == 0 || !self.tied.is_empty() {
            return;
        }
        let by = if self.passed_over.is_empty() { ElectedBy::Ranking } else { ElectedBy::MovedUp };
        let mut free = Vec::new();
        for option in tie {
            match self.places.obstacle(*option) {
                Some(group) => self.passed_over.push((*option, group)),
                None => free.push(*option),
            }
        }
        if self.places.fits(&free) {
            free.into_iter().for_each(|option| self.elect(option, by));
        } else if let Some(drawn) = lots.sorted(&free) {
            for option in drawn {
                match self.places.obstacle(option) {
                    _ if self.places.left == 0 => break,
                    Some(group) => self.passed_over.push((option, group)),
                    None => self.elect(option, ElectedBy::Lot),
                }
            }
        } else {
            self.tied = free;
        }
    }

    fn elect(&mut self, option: usize, by: ElectedBy) {
        self.places.take(option);
        self.elected.push((option, by));
    }

    /// The options of one place of the ranking that are neither elected nor tie: one by one if lots decide their order.
    fn left_over(&self, tie: &[usize], lots: &Order) -> Vec<Vec<usize>> {
        let is_left =
            |option: &usize| !self.elected.iter().any(|(elected, _)| elected == option) && !self.tied.contains(option);
        let left: Vec<usize> = tie.iter().copied().filter(is_left).collect();
        match lots.sorted(&left) {
            Some(drawn) => drawn.into_iter().map(|option| alloc::vec![option]).collect(),
            None if left.is_empty() => Vec::new(),
            None => alloc::vec![left],
        }
    }
}
