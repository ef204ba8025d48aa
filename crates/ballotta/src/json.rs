//! Strict JSON: a tree that contains everything in a document, and a reader that reports every problem with its path.
//!
//! See `spec/manifest.md#json`. The code that serde derives for structs also accepts arrays, reads `null` as an absent
//! option and stops at the first problem. Two verifiers that are tolerant in different ways could disagree whether a
//! manifest is valid. So this reader refuses duplicate keys, unknown fields, `null`, and numbers that are not written
//! as unsigned integers.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::problem::{JsonKind, ManifestError, ManifestErrors, ManifestProblem};
use crate::words::Shown;

/// A value as it is written: an object has its fields in their order, duplicates included.
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

/// Collects the problems of a document while it is read.
#[derive(Default)]
pub(crate) struct ProblemLog {
    errors: RefCell<ManifestErrors>,
}

impl ProblemLog {
    pub(crate) fn into_errors(self) -> ManifestErrors {
        self.errors.into_inner()
    }
}

/// The place of a value in the document, like `contests[2].options[0].title.it`. Problems are reported at a path.
#[derive(Clone)]
pub(crate) struct JsonPath<'a> {
    text: String,
    log: &'a ProblemLog,
}

impl<'a> JsonPath<'a> {
    pub(crate) fn root(log: &'a ProblemLog) -> Self {
        Self { text: String::new(), log }
    }

    /// The path of a field. Its name is escaped, because an unknown field can have any name.
    pub(crate) fn field(&self, name: &str) -> Self {
        let dot = if self.text.is_empty() { "" } else { "." };
        Self { text: format!("{}{dot}{}", self.text, Shown(name)), log: self.log }
    }

    /// The path of an item of an array.
    pub(crate) fn item(&self, index: usize) -> Self {
        Self { text: format!("{}[{index}]", self.text), log: self.log }
    }

    /// Adds a problem of the value at this path to the log.
    pub(crate) fn report(&self, problem: ManifestProblem) {
        self.log.errors.borrow_mut().push(ManifestError { path: self.text.clone(), problem });
    }

    /// Returns the value, or adds the problem to the log and returns `None`.
    pub(crate) fn check<T>(&self, value: Result<T, ManifestProblem>) -> Option<T> {
        value.map_or_else(|problem| self.fail(problem), Some)
    }

    /// Adds a problem to the log and returns `None`, because no value can be read.
    pub(crate) fn fail<T>(&self, problem: ManifestProblem) -> Option<T> {
        self.report(problem);
        None
    }
}

/// Names and keys that must be distinct, each with the path of its first appearance.
#[derive(Default)]
pub(crate) struct Distinct(BTreeMap<String, String>);

impl Distinct {
    /// Adds the key at `path`. If an earlier path has the same key, reports `problem` with the earlier path instead.
    pub(crate) fn insert(&mut self, key: &str, path: &JsonPath<'_>, problem: fn(String) -> ManifestProblem) {
        match self.0.get(key) {
            Some(first) => path.report(problem(first.clone())),
            None => drop(self.0.insert(key.into(), path.text.clone())),
        }
    }
}

/// A value and its path. If a value cannot be read, the problem is reported and the result is `None`.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    json: &'a Json,
    path: JsonPath<'a>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(json: &'a Json, path: JsonPath<'a>) -> Self {
        Self { json, path }
    }

    pub(crate) fn path(&self) -> &JsonPath<'a> {
        &self.path
    }

    fn wrong_type<T>(&self, expected: JsonKind) -> Option<T> {
        self.path.fail(ManifestProblem::WrongType { expected, found: self.json.kind() })
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.json {
            Json::Boolean(value) => Some(*value),
            _ => self.wrong_type(JsonKind::Boolean),
        }
    }

    /// Reads an integer in `range`, which must fit into `T`.
    pub(crate) fn integer<T: TryFrom<u64>>(&self, range: RangeInclusive<u64>) -> Option<T> {
        match self.json {
            Json::Integer(value) if range.contains(value) => T::try_from(*value).ok(),
            Json::Integer(found) => {
                let (min, max) = range.into_inner();
                self.path.fail(ManifestProblem::OutOfRange { found: *found, min, max })
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

    /// Reads a word from a list and returns its value.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let found = self.string()?;
        match words.iter().find(|(word, _)| *word == found) {
            Some((_, value)) => Some(*value),
            None => self.path.fail(ManifestProblem::UnknownValue),
        }
    }

    /// Reads every item of an array. Its length must be in `count`, which is checked first.
    pub(crate) fn list<T>(
        &self,
        count: RangeInclusive<usize>,
        mut read: impl FnMut(Node<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Json::Array(items) = self.json else { return self.wrong_type(JsonKind::Array) };
        if !count.contains(&items.len()) {
            let (min, max) = count.into_inner();
            return self.path.fail(ManifestProblem::WrongCount { found: items.len(), min, max });
        }
        let mut list = Vec::with_capacity(items.len());
        // All items are read even if one of them is invalid, so that all problems are reported.
        for (index, json) in items.iter().enumerate() {
            list.extend(read(Node { json, path: self.path.item(index) }));
        }
        (list.len() == items.len()).then_some(list)
    }

    pub(crate) fn object(&self) -> Option<Object<'a>> {
        let Json::Object(entries) = self.json else { return self.wrong_type(JsonKind::Object) };
        let mut fields = BTreeMap::new();
        for (name, json) in entries {
            if fields.insert(name.as_str(), Some(json)).is_some() {
                self.path.field(name).report(ManifestProblem::DuplicateKey);
            }
        }
        Some(Object { fields, path: self.path.clone() })
    }
}

/// The fields of an object; `None` for those that were read.
pub(crate) struct Object<'a> {
    fields: BTreeMap<&'a str, Option<&'a Json>>,
    path: JsonPath<'a>,
}

impl<'a> Object<'a> {
    pub(crate) fn path(&self) -> &JsonPath<'a> {
        &self.path
    }

    fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let json = self.fields.get_mut(name)?.take()?;
        Some(Node { json, path: self.path.field(name) })
    }

    /// Reads a field that must be present.
    pub(crate) fn required<T>(&mut self, name: &str, read: impl FnOnce(Node<'a>) -> Option<T>) -> Option<T> {
        self.take_required(name).and_then(read)
    }

    fn take_required(&mut self, name: &str) -> Option<Node<'a>> {
        let node = self.take(name);
        if node.is_none() {
            self.path.field(name).report(ManifestProblem::MissingField);
        }
        node
    }

    /// Reads a field that may be absent. Returns `None` if the field is invalid and `Some(None)` if it is absent.
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

    /// The length of the array in a field that has not been read yet.
    pub(crate) fn length(&self, name: &str) -> Option<usize> {
        match self.fields.get(name) {
            Some(Some(Json::Array(items))) => Some(items.len()),
            _ => None,
        }
    }

    /// The fields `id` of the objects in the array in a field that has not been read yet.
    pub(crate) fn names(&self, name: &str) -> Option<Vec<Option<&'a str>>> {
        let Some(Some(Json::Array(items))) = self.fields.get(name) else { return None };
        let id = |item: &'a Json| match item {
            Json::Object(fields) => fields.iter().find_map(|(name, value)| match value {
                Json::String(id) if name == "id" => Some(id.as_str()),
                _ => None,
            }),
            _ => None,
        };
        Some(items.iter().map(id).collect())
    }

    /// Reports all fields that were not read as unknown.
    pub(crate) fn finish(self) {
        for (name, _) in self.fields.iter().filter(|(_, json)| json.is_some()) {
            self.path.field(name).report(ManifestProblem::UnknownField);
        }
    }

    /// Returns all fields of an object whose field names are data.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let Self { fields, path } = self;
        let left = fields.into_iter().filter_map(|(name, json)| Some((name, json?)));
        left.map(move |(name, json)| (name, Node { json, path: path.field(name) }))
    }
}

/// Parses a whole document.
pub(crate) fn parse(text: &str) -> Result<Json, ManifestProblem> {
    serde_json::from_str(text).map_err(|error| ManifestProblem::Syntax { line: error.line(), column: error.column() })
}
