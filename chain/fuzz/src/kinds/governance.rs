//! Governance: stake locked for votes, motions of both collectives, referenda, elections, pauses.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use codec::{Decode, Encode};
use frame_support::weights::Weight;
use ganglion_primitives::{NetUid, GNG};
use ganglion_runtime::{AccountId, Hash, Runtime, RuntimeCall, Staking, Subnets, System};
use ganglion_traits::SubnetInspect;
use pallet_collective::{Call as Collective, Instance1, Instance2};
use pallet_governance::Call;

pub const KINDS: &[Kind] = &[
	("lock", 5),
	("note preimage", 2),
	("council motion", 2),
	("council vote", 8),
	("council close", 3),
	("guardians motion", 1),
	("guardians vote", 4),
	("guardians close", 2),
	("referendum vote", 5),
	("stand", 2),
	("leave candidacy", 1),
	("elect", 3),
	("cancel referendum", 1),
	("root vote", 4),
	("retract root vote", 1),
];

/// What a motion can weigh.
const MOTION: Weight = Weight::from_parts(300_000_000_000, 1 << 40);

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	match kind {
		"lock" => lock(world),
		"note preimage" => {
			let bytes = proposal(world).encode();
			let call = pallet_preimage::Call::note_preimage { bytes };
			Some((world.coldkey(), call.into()))
		}
		"council motion" => {
			let call = motion_of_council(world)?;
			Some(council::propose(world, call))
		}
		"council vote" => council::vote(world),
		"council close" => council::close(world),
		"guardians motion" => {
			let blocks = 1 + world.dice.below(6) as u32;
			let call = match world.dice.below(3) {
				0 => Call::extend_pause { blocks },
				_ => Call::pause { blocks },
			};
			Some(guardians::propose(world, call.into()))
		}
		"guardians vote" => guardians::vote(world),
		"guardians close" => guardians::close(world),
		"referendum vote" => vote(world),
		"stand" => {
			let deposit = GNG / 10 + u128::from(world.dice.below(GNG as u64));
			Some((world.coldkey(), Call::stand { deposit }.into()))
		}
		"leave candidacy" => {
			let standing = world.chain.read(pallet_governance::Candidates::<Runtime>::get);
			let who = world.dice.pick(&standing)?.who.clone();
			Some((world.key_of(&who)?, Call::withdraw_candidacy {}.into()))
		}
		"elect" => elect(world),
		"root vote" => root_vote(world),
		"retract root vote" => {
			let voters: Vec<AccountId> = world
				.chain
				.read(|| pallet_root_vote::Ballots::<Runtime>::iter_keys().collect());
			let who = world.dice.pick(&voters).and_then(|id| world.key_of(id))?;
			Some((who, pallet_root_vote::Call::retract {}.into()))
		}
		_ => {
			let open = open_referenda(world);
			let index = *world.dice.pick(&open)?;
			// Seldom, so that most are decided.
			(!world.sensible || world.dice.one_in(4)).then(|| world.as_root(Call::cancel { index }.into()))
		}
	}
}

/// A hotkey's weights of some subnets.
fn root_vote(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let (hotkey, _) = world.owned()?;
	let mut weights: Vec<(NetUid, u16)> = vec![];
	for netuid in world.chain.read(Subnets::netuids) {
		if world.dice.one_in(2) {
			weights.push((netuid, world.dice.roll() as u16));
		}
	}
	if weights.is_empty() || !world.sensible {
		weights.push((world.netuid(), 1));
	}
	Some((hotkey, pallet_root_vote::Call::vote { weights }.into()))
}

/// A part of what a coldkey has with a hotkey of its own, or nothing any more.
fn lock(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let coldkey = world.coldkey();
	let mut positions = world.chain.read(|| Staking::positions(&coldkey.id));
	if world.sensible {
		positions.retain(|one| {
			let owner = world
				.chain
				.read(|| pallet_neurons::Coldkeys::<Runtime>::get(&one.hotkey));
			one.staked > GNG / 10 && owner.as_ref() == Some(&coldkey.id)
		});
	}
	let one = world.dice.pick(&positions)?.clone();
	let amount = match world.dice.below(5) {
		0 => 0,
		1 => one.staked / 2,
		_ => one.staked * 9 / 10,
	};
	let (netuid, hotkey) = (one.netuid, one.hotkey);
	Some((coldkey, Call::lock { netuid, hotkey, amount }.into()))
}

/// What voters decide about: few different calls, so that preimages, motions and referenda meet.
fn proposal(world: &mut World) -> RuntimeCall {
	match world.dice.below(4) {
		0 => calls::transfer(&world.root.clone(), 0),
		1 => frame_system::Call::remark {
			remark: vec![world.dice.below(60) as u8],
		}
		.into(),
		2 => calls::deactivate(NetUid(1)),
		_ => calls::activate(NetUid(1 + world.dice.below(3) as u16)),
	}
}

fn motion_of_council(world: &mut World) -> Option<RuntimeCall> {
	let noted: Vec<(Hash, u32)> = world
		.chain
		.read(|| pallet_preimage::PreimageFor::<Runtime>::iter_keys().collect());
	let (call, length) = *world.dice.pick(&noted)?;
	Some(Call::submit { call, length }.into())
}

fn open_referenda(world: &mut World) -> Vec<u32> {
	world
		.chain
		.read(|| pallet_governance::Referenda::<Runtime>::iter_keys().collect())
}

fn vote(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let open = open_referenda(world);
	let index = *world.dice.pick(&open)?;
	let voters: Vec<AccountId> = world.chain.read(|| {
		let referendum = pallet_governance::Referenda::<Runtime>::get(index);
		referendum
			.into_iter()
			.flat_map(|one| one.ballots)
			.map(|ballot| ballot.voter)
			.collect()
	});
	let who = match world.dice.pick(&voters).and_then(|id| world.key_of(id)) {
		Some(voter) if world.sensible => voter,
		_ => world.coldkey(),
	};
	let approve = !world.dice.one_in(5);
	Some((who, Call::vote { index, approve }.into()))
}

fn elect(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let election = world.chain.read(pallet_governance::ElectionOf::<Runtime>::get)?;
	let voters: Vec<AccountId> = election.ballots.iter().map(|ballot| ballot.voter.clone()).collect();
	let who = world.dice.pick(&voters).and_then(|id| world.key_of(id))?;
	let mut candidates: Vec<AccountId> = election.candidates.into_iter().map(|one| one.who).collect();
	candidates.retain(|_| !world.dice.one_in(3));
	let candidates = frame_support::BoundedVec::truncate_from(candidates);
	Some((who, Call::elect { candidates }.into()))
}

/// The record of a motion, whose fields are private: index, threshold, ayes, nays, end.
type Votes = (u32, u32, Vec<AccountId>, Vec<AccountId>, u32);

/// The steps of a motion in one of the collectives.
macro_rules! collective {
	($name:ident, $instance:ty) => {
		mod $name {
			use super::*;

			fn member(world: &mut World) -> Option<Key> {
				let members = world
					.chain
					.read(pallet_collective::Members::<Runtime, $instance>::get);
				world.dice.pick(&members).and_then(|id| world.key_of(id))
			}

			pub fn propose(world: &mut World, call: RuntimeCall) -> (Key, RuntimeCall) {
				let who = member(world).filter(|_| world.sensible);
				let who = who.unwrap_or_else(|| world.coldkey());
				let (length_bound, proposal) = (call.encoded_size() as u32, Box::new(call));
				let call = Collective::<Runtime, $instance>::propose {
					threshold: 3,
					proposal,
					length_bound,
				};
				(who, call.into())
			}

			fn open(world: &mut World) -> Vec<(Hash, u32, u32, bool)> {
				world.chain.read(|| {
					let now = System::block_number();
					let hashes = pallet_collective::Voting::<Runtime, $instance>::iter_keys();
					let of = |proposal: Hash| {
						let votes = pallet_collective::Voting::<Runtime, $instance>::get(proposal)?.encode();
						let call = pallet_collective::ProposalOf::<Runtime, $instance>::get(proposal)?;
						let (index, threshold, ayes, _, end) = Votes::decode(&mut &votes[..]).unwrap();
						let decided = ayes.len() as u32 >= threshold || now >= end;
						Some((proposal, index, call.encoded_size() as u32, decided))
					};
					hashes.filter_map(of).collect()
				})
			}

			pub fn vote(world: &mut World) -> Option<(Key, RuntimeCall)> {
				let open = open(world);
				let (proposal, index, ..) = *world.dice.pick(&open)?;
				let (who, approve) = (member(world)?, !world.dice.one_in(8));
				let call = Collective::<Runtime, $instance>::vote {
					proposal,
					index,
					approve,
				};
				Some((who, call.into()))
			}

			pub fn close(world: &mut World) -> Option<(Key, RuntimeCall)> {
				let mut open = open(world);
				open.retain(|(.., decided)| *decided || !world.sensible);
				let (proposal_hash, index, length_bound, _) = *world.dice.pick(&open)?;
				let call = Collective::<Runtime, $instance>::close {
					proposal_hash,
					index,
					proposal_weight_bound: MOTION,
					length_bound,
				};
				Some((world.coldkey(), call.into()))
			}
		}
	};
}
collective!(council, Instance1);
collective!(guardians, Instance2);
