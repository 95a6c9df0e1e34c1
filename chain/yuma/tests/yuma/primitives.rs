//! The single operations: exact where the vectors are, within their tolerance where they name one.

use crate::{
	list,
	rowwise::{
		bonds::penalised,
		consensus::consensus,
		liquid,
		sparse::{Cell, Sparse},
	},
	vectors,
};
use ganglion_yuma::{
	bonds,
	consensus::{weighted_median, Vote},
	fixed::{I32F32, I64F64},
	sigmoid, stake, vector, weights,
};
use serde_json::Value;

/// The fixed-point value nearest to a decimal, ties to even.
fn fixed(value: &Value) -> I32F32 {
	if value == "I32F32_MAX" {
		return I32F32::MAX;
	}
	nearest(decimal(value))
}

/// The same in single precision, which the source has for the elements of vectors and matrices.
fn fixed_single(value: &Value) -> I32F32 {
	nearest(f64::from(decimal(value) as f32))
}

fn nearest(value: f64) -> I32F32 {
	I32F32::from_bits((value * 4_294_967_296.0).round_ties_even() as i64)
}

fn decimal(value: &Value) -> f64 {
	value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

fn fixed_list(values: &Value) -> Vec<I32F32> {
	list(values).iter().map(fixed_single).collect()
}

fn fixed_rows(rows: &Value) -> Vec<Vec<I32F32>> {
	list(rows).iter().map(fixed_list).collect()
}

fn from_bits(bits: &Value) -> Vec<I32F32> {
	list(bits)
		.iter()
		.map(|bits| I32F32::from_bits(bits.as_i64().unwrap()))
		.collect()
}

fn numbers<T: serde::de::DeserializeOwned>(values: &Value) -> T {
	serde_json::from_value(values.clone()).unwrap_or_else(|error| panic!("{values}: {error}"))
}

/// A matrix of the non-zero values.
fn sparse(rows: &[Vec<I32F32>]) -> Sparse {
	let mut matrix = Sparse::with_capacity(rows.first().map_or(0, Vec::len), 0);
	for row in rows {
		let cells = (0..).zip(row).filter(|(_, value)| **value != I32F32::ZERO);
		cells.for_each(|(column, value)| matrix.push(column, *value));
		matrix.end_row();
	}
	matrix
}

fn dense(matrix: &Sparse) -> Vec<Vec<I32F32>> {
	let row = |cells: &[Cell]| {
		let mut row = vec![I32F32::ZERO; matrix.size()];
		cells.iter().for_each(|cell| row[usize::from(cell.column)] = cell.value);
		row
	};
	matrix.rows().map(row).collect()
}

/// The same value in each of 4 rows and 3 columns, from "4x3 zeros", "4x3 ones" or "4x3 all X".
fn uniform(text: &Value) -> Vec<Vec<I32F32>> {
	let text = text.as_str().unwrap().strip_prefix("4x3 ").unwrap();
	let value = match text {
		"zeros" => I32F32::ZERO,
		"ones" => I32F32::ONE,
		_ => fixed(&serde_json::from_str(text.strip_prefix("all ").unwrap()).unwrap()),
	};
	vec![vec![value; 3]; 4]
}

fn matrix(value: &Value) -> Vec<Vec<I32F32>> {
	if value.is_string() {
		uniform(value)
	} else {
		fixed_rows(value)
	}
}

/// The tolerance that a status names; exact without one.
fn tolerance(status: &str) -> f64 {
	status
		.strip_prefix("asserted_eps_")
		.map_or(0.0, |eps| eps.parse().unwrap())
}

fn assert_close(result: &[Vec<I32F32>], expected: &[Vec<I32F32>], tolerance: f64) {
	assert_eq!(result.len(), expected.len());
	for (result, expected) in result.iter().zip(expected) {
		assert_eq!(result.len(), expected.len());
		for (result, expected) in result.iter().zip(expected) {
			let distance = result.to_bits().abs_diff(expected.to_bits()) as f64 / 4_294_967_296.0;
			assert!(distance <= tolerance, "{result:?} is {distance} from {expected:?}");
		}
	}
}

/// The weighted median of scores given in bits.
fn check_median(entry: &Value) {
	let votes = from_bits(&entry["stake_bits"])
		.into_iter()
		.zip(from_bits(&entry["score_bits"]));
	let mut votes: Vec<Vote> = votes.map(|(stake, score)| Vote { score, stake }).collect();
	let minority = I32F32::from_bits(entry["minority_bits"].as_i64().unwrap());
	assert_eq!(
		weighted_median(&mut votes, minority).to_bits(),
		entry["result_bits"].as_i64().unwrap()
	);
	assert_eq!(entry["input"]["normalise_stake_first"], false);
}

/// A small generator, so that the property below has the same inputs in each run.
struct Random(u64);

impl Random {
	fn below(&mut self, bound: u64) -> u64 {
		self.0 = self
			.0
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % bound
	}

	fn shuffle<T>(&mut self, values: &mut [T]) {
		for end in (1..values.len()).rev() {
			values.swap(end, usize::try_from(self.below(end as u64 + 1)).unwrap());
		}
	}
}

/// The admissible medians: the first score whose cumulated stake reaches the minority and, when it is exactly
/// that, the next one.
fn admissible(votes: &[Vote], minority: I32F32) -> Vec<I32F32> {
	let mut votes = votes.to_vec();
	votes.sort_by_key(|vote| vote.score);
	let up_to = |score: I32F32| {
		let stakes = votes
			.iter()
			.filter(|vote| vote.score <= score)
			.map(|vote| vote.stake.to_bits());
		stakes.sum::<i64>()
	};
	let first = votes
		.iter()
		.map(|vote| vote.score)
		.find(|score| up_to(*score) >= minority.to_bits())
		.unwrap();
	let next = votes.iter().map(|vote| vote.score).find(|score| *score > first);
	let tie = up_to(first) == minority.to_bits();
	[Some(first), next.filter(|_| tie)].into_iter().flatten().collect()
}

/// The median of 100 votes in random order is an admissible one, and always the same.
fn check_median_property(input: &Value) {
	let n: usize = numbers(&input["n"]);
	let mut random = Random(7);
	for round in 0..20 {
		let mut score = 0;
		let mut votes: Vec<Vote> = (0..n)
			.map(|index| {
				let stake = if round % 2 == 0 { 1 } else { random.below(2) };
				score = if round % 4 < 2 {
					i32::try_from(index).unwrap()
				} else {
					score + random.below(2) as i32
				};
				Vote {
					score: I32F32::from_int(score),
					stake: I32F32::from_int(stake as i32),
				}
			})
			.collect();
		let mut stakes: Vec<I32F32> = votes.iter().map(|vote| vote.stake).collect();
		vector::normalise(&mut stakes);
		votes
			.iter_mut()
			.zip(&stakes)
			.for_each(|(vote, stake)| vote.stake = *stake);
		// Votes without stake are admissible to nobody: the consensus leaves them out before it takes the median.
		votes.retain(|vote| vote.stake > I32F32::ZERO);
		for majority in list(&input["majorities"]) {
			let minority = vector::sum(&stakes).saturating_sub(fixed(majority)).max(I32F32::ZERO);
			let expected = weighted_median(&mut votes.clone(), minority);
			assert!(
				admissible(&votes, minority).contains(&expected),
				"majority {majority}: {expected:?}"
			);
			random.shuffle(&mut votes);
			assert_eq!(weighted_median(&mut votes.clone(), minority), expected);
		}
	}
}

/// Moving averages with a rate per cell.
fn check_average_by_cell(entry: &Value) {
	let input = &entry["input"];
	let (new, old, expected) = if input["old_sparse"].is_array() {
		let cells = |rows: &Value| -> Vec<Vec<I32F32>> {
			let rows = list(rows);
			let dense = |row: &Value| {
				let mut dense = vec![I32F32::ZERO; rows.len()];
				list(row)
					.iter()
					.for_each(|cell| dense[numbers::<usize>(&cell[0])] = fixed(&cell[1]));
				dense
			};
			rows.iter().map(dense).collect()
		};
		(
			cells(&input["new_sparse"]),
			cells(&input["old_sparse"]),
			cells(&entry["expect"]["sparse"]),
		)
	} else {
		(
			matrix(&input["new"]),
			matrix(&input["old"]),
			fixed_rows(&entry["expect"]),
		)
	};
	let by_column = input["alpha_per_col"]
		.as_array()
		.map(|rates| rates.iter().map(fixed).collect::<Vec<_>>());
	let rate = |column: u16| {
		by_column
			.as_ref()
			.map_or_else(|| fixed(&input["alpha"]), |a| a[usize::from(column)])
	};
	let result = liquid::legacy(&sparse(&new), &sparse(&old), |column, _, _| rate(column));
	assert_close(&dense(&result), &expected, tolerance(entry["status"].as_str().unwrap()));
}

/// Filters that leave cells out of a matrix of whole numbers.
fn check_mask(entry: &Value, rows: &Value, keep: impl Fn(u16, u16) -> bool) {
	let rows: Vec<Vec<u16>> = numbers(rows);
	let rows: Vec<Vec<(u16, u16)>> = rows.into_iter().map(|row| (0..).zip(row).collect()).collect();
	let stored = (0..).zip(&rows).map(|(uid, row)| (uid, row.as_slice()));
	assert_eq!(
		dense(&Sparse::from_rows(rows.len(), stored, |row, column| keep(
			row as u16, column
		))),
		fixed_rows(&entry["expect"])
	);
}

fn check_by_predicate(entry: &Value) {
	let input = &entry["input"];
	let (first, second): (Vec<u64>, Vec<u64>) = (numbers(&input["first"]), numbers(&input["second"]));
	let equal = input["predicate"].as_str().unwrap().contains("==");
	let drop = |a: u64, b: u64| if equal { a == b } else { a < b };
	check_mask(entry, &input["matrix"], |row, column| {
		!drop(first[usize::from(row)], second[usize::from(column)])
	});
}

/// Products of single cells, by way of rows that have no other.
fn check_cell_products(entry: &Value) {
	let (rows, vector) = (
		fixed_rows(&entry["input"]["matrix"]),
		fixed_list(&entry["input"]["vector"]),
	);
	for (row, expected) in rows.iter().zip(fixed_rows(&entry["expect"])) {
		for column in 0..row.len() {
			let mut single = vec![I32F32::ZERO; row.len()];
			single[column] = row[column];
			assert_eq!(sparse(&[single]).row_products(&vector), [expected[column]]);
		}
	}
}

fn check_sigmoid(entry: &Value) {
	let input = &entry["input"];
	let single = entry["note"].as_str().is_some_and(|note| note.contains("f32 literals"));
	let x = if single { fixed_single } else { fixed };
	let (rho, kappa) = (fixed(&input["rho"]), fixed(&input["kappa"]));
	let result: Vec<I32F32> = list(&input["x"])
		.iter()
		.map(|value| sigmoid::sigmoid(x(value), rho, kappa))
		.collect();
	assert_eq!(result, from_bits(&entry["output_bits_i32f32"]));
}

fn check_exp(entry: &Value) {
	let result: Vec<I32F32> = fixed_list(&entry["input"]["x"])
		.into_iter()
		.map(sigmoid::exp_safe)
		.collect();
	assert_eq!(result, from_bits(&entry["output_bits_i32f32"]));
}

fn check_normalise(entry: &Value) {
	let mut values = fixed_list(&entry["input"]);
	vector::normalise(&mut values);
	assert_eq!(values, from_bits(&entry["output_bits_i32f32"]));
	assert_close(
		&[values],
		&[fixed_list(&entry["expect"])],
		tolerance(entry["status"].as_str().unwrap()),
	);
}

/// A matrix changed in place.
fn check_in_place(entry: &Value, change: impl Fn(&mut Sparse)) {
	let mut matrix = sparse(&fixed_rows(&entry["input"]));
	change(&mut matrix);
	assert_close(
		&dense(&matrix),
		&fixed_rows(&entry["expect"]),
		tolerance(entry["status"].as_str().unwrap()),
	);
}

fn check_interpolate(entry: &Value) {
	let input = &entry["input"];
	let (from, to) = (sparse(&matrix(&input["mat1"])), sparse(&matrix(&input["mat2"])));
	let result = penalised(&from, &to, fixed(&input["ratio"]));
	assert_close(
		&dense(&result),
		&matrix(&entry["expect"]),
		tolerance(entry["status"].as_str().unwrap()),
	);
}

fn check_median_columns(entry: &Value) {
	let input = &entry["input"];
	let weights = sparse(&fixed_rows(&input["weights"]));
	let result = consensus(&weights, &fixed_list(&input["stake"]), fixed_single(&input["majority"]));
	assert_eq!(result, from_bits(&entry["result_bits"]));
	assert_eq!(result, fixed_list(&entry["expect"]));
}

/// Checks one entry; one that no arm knows fails.
fn check(entry: &Value) {
	let (input, expect) = (&entry["input"], &entry["expect"]);
	match entry["fn"].as_str().unwrap() {
		"max_upscale_fixed_to_u16" => {
			assert_eq!(
				vector::max_upscale(&from_bits(&entry["input_bits_i32f32"])),
				numbers::<Vec<u16>>(expect)
			)
		}
		"max_upscale_u16_to_u16" => {
			assert_eq!(
				vector::max_upscale_u16(&numbers::<Vec<u16>>(input)),
				numbers::<Vec<u16>>(expect)
			)
		}
		"check_max_limited" => assert_eq!(
			vector::is_max_limited(&numbers::<Vec<u16>>(&input["values"]), numbers(&input["limit"])),
			numbers::<bool>(expect)
		),
		"sigmoid" => check_sigmoid(entry),
		"exp_safe" => check_exp(entry),
		"is_topk" => assert_eq!(
			stake::top(&fixed_list(&input["values"]), numbers(&input["k"])),
			numbers::<Vec<bool>>(expect)
		),
		"normalize" => check_normalise(entry),
		"vecdiv" => {
			let quotients = fixed_list(&input["x"]).into_iter().zip(fixed_list(&input["y"]));
			assert_eq!(
				quotients.map(|(x, y)| x.safe_div(y)).collect::<Vec<_>>(),
				fixed_list(expect)
			);
		}
		"row_normalize" | "row_normalize_sparse" => check_in_place(entry, Sparse::normalise_rows),
		"col_max_upscale_sparse" => check_in_place(entry, Sparse::upscale_columns),
		"mask_diag" => check_mask(entry, input, |row, column| weights::is_off_diagonal(row, column, None)),
		"mask_diag_except_index" => {
			let except = Some(numbers(&input["except_index"]));
			check_mask(entry, &input["matrix"], |row, column| {
				weights::is_off_diagonal(row, column, except)
			});
		}
		"mask_by_predicate" => check_by_predicate(entry),
		"row_sum" => assert_eq!(sparse(&fixed_rows(input)).row_sums(), fixed_list(expect)),
		"matmul (sum_i v_i*M_ij)" => assert_eq!(
			sparse(&fixed_rows(&input["matrix"])).column_products(&fixed_list(&input["vector"])),
			fixed_list(expect)
		),
		"matmul_transpose (sum_j M_ij*v_j)" => assert_eq!(
			sparse(&fixed_rows(&input["matrix"])).row_products(&fixed_list(&input["vector"])),
			fixed_list(expect)
		),
		"mat_vec_mul (M_ij*v_j)" => check_cell_products(entry),
		"col_clip" => assert_eq!(
			dense(&sparse(&fixed_rows(&input["matrix"])).clip(&fixed_list(&input["limit"]))),
			fixed_rows(expect)
		),
		"weighted_median" => check_median(entry),
		"weighted_median property" => check_median_property(input),
		"weighted_median_col_sparse" => check_median_columns(entry),
		"interpolate" | "interpolate_sparse" => check_interpolate(entry),
		"mat_ema_alpha" | "mat_ema_alpha_sparse" => check_average_by_cell(entry),
		"bonds_alpha" => assert_eq!(
			bonds::alpha(numbers(&input["bonds_moving_average"])).to_bits(),
			numbers::<i64>(&entry["output_bits_i32f32"])
		),
		"quantise u16" => assert_eq!(fixed(input).to_proportion(), numbers::<u16>(expect)),
		"I64F64->I32F32" => assert_eq!(I64F64::ratio(numbers(input), 1).narrow(), fixed(expect)),
		other => panic!("no test for {other}"),
	}
}

#[test]
fn reproduces_the_primitives() {
	let vectors = vectors();
	let entries = list(&vectors["primitives"]);
	for (index, entry) in entries.iter().enumerate() {
		println!("{index}: {} {}", entry["fn"], entry["test"]);
		check(entry);
	}
	assert_eq!(entries.len(), 82, "entries of the file");
}
