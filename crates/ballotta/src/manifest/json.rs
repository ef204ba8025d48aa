//! Strict JSON: a tree that keeps what serde would forgive, and a reader that reports every fault with its path.
//!
//! See `spec/manifest.md#json`. Serde's derived structs also accept arrays, take `null` for an absent option and stop at
//! the first fault. Two verifiers that forgive differently disagree about what a manifest is, so nothing is forgiven:
//! duplicate keys, unknown fields, `null` and numbers that are not written as unsigned integers are faults.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{ManifestError, ManifestErrors, ManifestProblem};

/// What a value of JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// An unsigned integer, written without sign, fraction and exponent.
    Integer,
    /// Any other number.
    OtherNumber,
    /// Text.
    String,
    /// A list.
    Array,
    /// Named fields.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Integer => "an unsigned integer",
            Self::OtherNumber => "a number that is not an unsigned integer",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A value as it is written: fields in their order, with their repetitions.
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Integer(u64),
    OtherNumber,
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn kind(&self) -> JsonKind {
        match self {
            Self::Null => JsonKind::Null,
            Self::Boolean(_) => JsonKind::Boolean,
            Self::Integer(_) => JsonKind::Integer,
            Self::OtherNumber => JsonKind::OtherNumber,
            Self::String(_) => JsonKind::String,
            Self::Array(_) => JsonKind::Array,
            Self::Object(_) => JsonKind::Object,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }
}

/// The faults found so far.
#[derive(Default)]
pub(super) struct Report {
    errors: RefCell<ManifestErrors>,
}

impl Report {
    pub(super) fn into_errors(self) -> ManifestErrors {
        self.errors.into_inner()
    }
}

/// A place in the manifest, where faults are reported.
#[derive(Clone)]
pub(crate) struct Place<'a> {
    path: String,
    report: &'a Report,
}

impl<'a> Place<'a> {
    pub(super) fn root(report: &'a Report) -> Self {
        Self { path: String::new(), report }
    }

    /// The place of a field. Names that the manifest makes up are shown with their escapes.
    pub(crate) fn field(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{}", self.path, name.escape_default()), report: self.report }
    }

    /// The place of an item.
    pub(super) fn item(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), report: self.report }
    }

    /// Reports a fault.
    pub(crate) fn report(&self, problem: ManifestProblem) {
        self.report.errors.borrow_mut().push(ManifestError { path: self.path.clone(), problem });
    }

    /// Reports a fault that leaves nothing to go on with.
    pub(crate) fn refuse<T>(&self, problem: ManifestProblem) -> Option<T> {
        self.report(problem);
        None
    }
}

/// Names and keys that must be distinct, each with the path where it stands first.
#[derive(Default)]
pub(super) struct Distinct(BTreeMap<String, String>);

impl Distinct {
    /// Takes `key` for `place`, unless it is taken: then `problem` of the first path is reported here.
    pub(super) fn take(&mut self, key: &str, place: &Place<'_>, problem: fn(String) -> ManifestProblem) {
        match self.0.get(key) {
            Some(first) => place.report(problem(first.clone())),
            None => drop(self.0.insert(key.into(), place.path.clone())),
        }
    }
}

/// A value and its place. What cannot be read is reported and becomes `None`.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    json: &'a Json,
    place: Place<'a>,
}

impl<'a> Node<'a> {
    pub(super) fn new(json: &'a Json, place: Place<'a>) -> Self {
        Self { json, place }
    }

    pub(crate) fn place(&self) -> &Place<'a> {
        &self.place
    }

    fn wrong_type<T>(&self, expected: JsonKind) -> Option<T> {
        self.place.refuse(ManifestProblem::WrongType { expected, found: self.json.kind() })
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.json {
            Json::Boolean(value) => Some(*value),
            _ => self.wrong_type(JsonKind::Boolean),
        }
    }

    /// An integer that lies in `range`, which fits into `T`.
    pub(crate) fn integer<T: TryFrom<u64>>(&self, range: RangeInclusive<u64>) -> Option<T> {
        match self.json {
            Json::Integer(value) if range.contains(value) => T::try_from(*value).ok(),
            Json::Integer(found) => {
                let (min, max) = range.into_inner();
                self.place.refuse(ManifestProblem::OutOfRange { found: *found, min, max })
            }
            _ => self.wrong_type(JsonKind::Integer),
        }
    }

    pub(crate) fn string(&self) -> Option<&'a str> {
        match self.json {
            Json::String(value) => Some(value),
            _ => self.wrong_type(JsonKind::String),
        }
    }

    /// What a known word stands for.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let found = self.string()?;
        match words.iter().find(|(word, _)| *word == found) {
            Some((_, value)) => Some(*value),
            None => self.place.refuse(ManifestProblem::UnknownValue),
        }
    }

    /// Reads every item of an array whose length lies in `count`. The length is checked first.
    pub(crate) fn list<T>(
        &self,
        count: RangeInclusive<usize>,
        mut read: impl FnMut(Node<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.items(count)?;
        let mut list = Vec::with_capacity(items.len());
        // All items are read, so that all faults are found, before the first broken one makes the list broken.
        for (index, json) in items.iter().enumerate() {
            list.extend(read(Node { json, place: self.place.item(index) }));
        }
        (list.len() == items.len()).then_some(list)
    }

    fn items(&self, count: RangeInclusive<usize>) -> Option<&'a [Json]> {
        let Json::Array(items) = self.json else { return self.wrong_type(JsonKind::Array) };
        if !count.contains(&items.len()) {
            let (min, max) = count.into_inner();
            return self.place.refuse(ManifestProblem::WrongCount { found: items.len(), min, max });
        }
        Some(items)
    }

    pub(crate) fn object(&self) -> Option<Object<'a>> {
        let Json::Object(entries) = self.json else { return self.wrong_type(JsonKind::Object) };
        let mut fields = BTreeMap::new();
        for (name, json) in entries {
            if fields.insert(name.as_str(), json).is_some() {
                self.place.field(name).report(ManifestProblem::DuplicateKey);
            }
        }
        Some(Object { fields, place: self.place.clone() })
    }
}

/// The fields of an object that have not been read yet.
pub(crate) struct Object<'a> {
    fields: BTreeMap<&'a str, &'a Json>,
    place: Place<'a>,
}

impl<'a> Object<'a> {
    pub(crate) fn place(&self) -> &Place<'a> {
        &self.place
    }

    fn take(&mut self, name: &str) -> Option<Node<'a>> {
        self.fields.remove(name).map(|json| Node { json, place: self.place.field(name) })
    }

    /// Reads a field.
    pub(crate) fn required<T>(&mut self, name: &str, read: impl FnOnce(Node<'a>) -> Option<T>) -> Option<T> {
        self.take_required(name).and_then(read)
    }

    fn take_required(&mut self, name: &str) -> Option<Node<'a>> {
        let node = self.take(name);
        if node.is_none() {
            self.place.field(name).report(ManifestProblem::MissingField);
        }
        node
    }

    /// Reads a field that may be absent: `None` is a broken one, `Some(None)` an absent one.
    pub(crate) fn optional<T>(&mut self, name: &str, read: impl FnOnce(Node<'a>) -> Option<T>) -> Option<Option<T>> {
        self.take(name).map_or(Some(None), |node| read(node).map(Some))
    }

    /// Reads a field that is `true` or `false`.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.take_required(name)?.boolean()
    }

    /// Reads a field that is an integer in `range`.
    pub(crate) fn integer<T: TryFrom<u64>>(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<T> {
        self.take_required(name)?.integer(range)
    }

    /// How many items the array in a field has that is yet to be read.
    pub(crate) fn length(&self, name: &str) -> Option<usize> {
        match self.fields.get(name) {
            Some(Json::Array(items)) => Some(items.len()),
            _ => None,
        }
    }

    /// The fields `id` of the objects in the array in a field that is yet to be read.
    pub(crate) fn names(&self, name: &str) -> Option<Vec<Option<&'a str>>> {
        let Some(Json::Array(items)) = self.fields.get(name) else { return None };
        let id = |item: &'a Json| match item {
            Json::Object(fields) => fields.iter().find_map(|(name, value)| match value {
                Json::String(id) if name == "id" => Some(id.as_str()),
                _ => None,
            }),
            _ => None,
        };
        Some(items.iter().map(id).collect())
    }

    /// Whatever was not read is unknown.
    pub(crate) fn finish(self) {
        for name in self.fields.keys() {
            self.place.field(name).report(ManifestProblem::UnknownField);
        }
    }

    /// All fields, of an object whose names are data.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let Self { fields, place } = self;
        fields.into_iter().map(move |(name, json)| (name, Node { json, place: place.field(name) }))
    }
}

/// Reads the tree of a whole document.
pub(super) fn parse(text: &str) -> Result<Json, ManifestProblem> {
    serde_json::from_str(text).map_err(|error| ManifestProblem::Syntax { line: error.line(), column: error.column() })
}
