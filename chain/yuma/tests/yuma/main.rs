//! The crate against the conformance vectors, and its properties for inputs that nobody wrote down.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)] // tests may panic

mod edges;
mod epochs;
mod games;
mod primitives;
mod properties;
mod rowwise;
mod state;
mod yuma3;

use serde_json::Value;

/// All vectors, read from the copy inside the repository.
fn vectors() -> Value {
	let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/vectors/yuma.json");
	let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
	serde_json::from_str(&text).unwrap()
}

/// The elements of an array.
fn list(value: &Value) -> &[Value] {
	value.as_array().unwrap_or_else(|| panic!("not an array: {value}"))
}
