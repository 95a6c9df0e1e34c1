//! Free if and only if it succeeds, whoever calls with whatever, whenever.

use super::*;
use crate::Call;
use frame_support::dispatch::CheckIfFeeless;
use proptest::prelude::*;
use sp_runtime::traits::Dispatchable;

/// A state that calls meet.
#[derive(Clone, Debug)]
struct State {
	commit_reveal_on: bool,
	rate_limit: u32,
	version: u64,
	permits: Vec<u16>,
	commits: Vec<(u64, u16)>,
	epochs: u32,
	blocks: u32,
}

fn states() -> impl Strategy<Value = State> {
	let commits = prop::collection::vec((prop::sample::select(vec![ALICE, BOB]), 0..2u16), 0..5);
	(
		any::<bool>(),
		0..4u32,
		2..5u64,
		prop::sample::subsequence(vec![0, 1, 2], 1..4),
		commits,
		0..3u32,
		0..6u32,
	)
		.prop_map(
			|(commit_reveal_on, rate_limit, version, permits, commits, epochs, blocks)| State {
				commit_reveal_on,
				rate_limit,
				version,
				permits,
				commits,
				epochs,
				blocks,
			},
		)
}

impl State {
	fn set_up(&self) {
		TheHyperparameters::mutate(|h| h.weights_rate_limit = 0);
		for (who, value) in &self.commits {
			// Refused where there are four already.
			let _ = commit(*who, &UIDS, &[*value, 1]);
		}
		for _ in 0..self.epochs {
			next_epoch();
		}
		advance(self.blocks);
		Permits::set(self.permits.clone());
		TheHyperparameters::mutate(|h| {
			h.commit_reveal_on = self.commit_reveal_on;
			h.weights_rate_limit = self.rate_limit;
			h.weights_version_key = self.version;
		});
	}
}

fn rows() -> impl Strategy<Value = (Vec<u16>, Vec<u16>)> {
	prop_oneof![
		(0..2u16).prop_map(|value| (UIDS.to_vec(), vec![value, 1])),
		(0..2u16).prop_map(|value| (UIDS.to_vec(), vec![value, 1])),
		(
			prop::collection::vec(0..5u16, 0..6),
			prop::collection::vec(0..3u16, 0..6)
		),
	]
}

fn calls() -> impl Strategy<Value = Call<Test>> {
	let place = || {
		let netuid = prop_oneof![9 => Just(1u16), 1 => Just(9u16)];
		let mechanism = prop_oneof![9 => Just(0u8), 1 => Just(1u8)];
		(netuid, mechanism).prop_map(|(netuid, mechanism)| (NetUid(netuid), MechanismId(mechanism)))
	};
	prop_oneof![
		(place(), rows(), 2..5u64).prop_map(|((netuid, mechanism), (uids, values), version_key)| Call::set {
			netuid,
			mechanism,
			uids,
			values,
			version_key
		}),
		place().prop_map(|(netuid, mechanism)| Call::commit {
			netuid,
			mechanism,
			commitment: H256::zero()
		}),
		(place(), rows(), prop_oneof![4 => Just(SALT), 1 => Just([0; 32])]).prop_map(
			|((netuid, mechanism), (uids, values), salt)| Call::reveal {
				netuid,
				mechanism,
				uids,
				values,
				salt,
				version_key: VERSION,
				evidence: None
			}
		),
	]
}

fn callers() -> impl Strategy<Value = RuntimeOrigin> {
	prop::sample::select(vec![
		Some(ALICE),
		Some(ALICE),
		Some(BOB),
		Some(OWNER_HOTKEY),
		Some(MINER),
		Some(STRANGER),
		None,
	])
	.prop_map(|who| who.map_or(RawOrigin::Root.into(), signed))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn feeless_means_success(state in states(), call in calls(), origin in callers()) {
		ExtBuilder.build_and_execute(|| {
			state.set_up();
			let free = call.is_feeless(&origin);
			let result = RuntimeCall::from(call.clone()).dispatch(origin);
			assert_eq!(free, result.is_ok(), "{call:?}: {result:?}");
		});
	}

	/// Any sequence of calls keeps the invariants, which are checked at the end.
	#[test]
	fn sequences_keep_the_invariants(
		on in any::<bool>(),
		steps in prop::collection::vec((calls(), callers(), 0..8u8), 1..20),
	) {
		ExtBuilder.build_and_execute(|| {
			TheHyperparameters::mutate(|h| {
				h.commit_reveal_on = on;
				h.weights_rate_limit = 1;
			});
			for (index, (call, origin, event)) in steps.into_iter().enumerate() {
				let _ = RuntimeCall::from(call).dispatch(origin);
				advance(1);
				match event {
					0 | 1 => next_epoch(),
					2 => replace(3, 1_000 + index as u64),
					_ => {},
				}
			}
		});
	}
}

/// The property above means little if nothing ever succeeds.
#[test]
fn all_three_calls_are_free_when_they_should_be() {
	ExtBuilder.build_and_execute(|| {
		let weights = |version_key| Call::<Test>::set {
			netuid: NETUID,
			mechanism: MECHANISM,
			uids: UIDS.to_vec(),
			values: VALUES.to_vec(),
			version_key,
		};
		let commitment = hash_of(ALICE, &UIDS, &VALUES);
		let commit = Call::<Test>::commit {
			netuid: NETUID,
			mechanism: MECHANISM,
			commitment,
		};
		let reveal = Call::<Test>::reveal {
			netuid: NETUID,
			mechanism: MECHANISM,
			uids: UIDS.to_vec(),
			values: VALUES.to_vec(),
			salt: SALT,
			version_key: VERSION,
			evidence: None,
		};
		let free = |call: &Call<Test>| call.is_feeless(&signed(ALICE));
		assert_eq!(
			(free(&weights(VERSION)), free(&commit), free(&reveal)),
			(false, true, false)
		);
		RuntimeCall::from(commit.clone()).dispatch(signed(ALICE)).unwrap();
		next_epoch();
		assert_eq!(
			(free(&weights(VERSION)), free(&commit), free(&reveal)),
			(false, false, true)
		);
		TheHyperparameters::mutate(|h| {
			h.commit_reveal_on = false;
			h.weights_rate_limit = 0;
		});
		assert_eq!(
			(free(&weights(VERSION)), free(&weights(0)), free(&commit)),
			(true, false, false)
		);
	});
}
