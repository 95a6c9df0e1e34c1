//! Profiles, who serves and audits them with which bond, and anchors of receipts.

use super::Kind;
use crate::{
	common::{
		evidence::{identity, profile},
		Key,
	},
	world::World,
};
use frame_support::BoundedVec;
use ganglion_primitives::{Lane, NetUid, ProfileId, ProfileNumber, ProfileSpec, ProfileTerms, Role, GNG};
use ganglion_runtime::{parameters::MinAuditBond, AccountId, Hash, Receipts, Runtime, RuntimeCall, Staking};
use ganglion_traits::StakeInspect;
use pallet_models::{Call, Declaration, DeclarationsOf, Record, Records};

pub const KINDS: &[Kind] = &[
	("register profile", 3),
	("profile terms", 2),
	("remove profile", 1),
	("declare", 10),
	("retire", 2),
	("release bonds", 2),
	("anchor", 3),
];

/// Profiles that there can be.
const PROFILES: u64 = 4;

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	match kind {
		"register profile" => {
			let (spec, terms) = (spec(world), terms(world));
			let known = world
				.chain
				.read(|| pallet_models::Numbers::<Runtime>::contains_key(identity(&spec)));
			if world.sensible && known {
				return None;
			}
			Some((
				world.coldkey(),
				Call::register {
					spec: Box::new(spec),
					terms,
				}
				.into(),
			))
		}
		"profile terms" => {
			let (profile, owner) = registered(world, |_| true)?;
			let terms = terms(world);
			Some((owner, Call::set_terms { profile, terms }.into()))
		}
		"remove profile" => {
			let (profile, owner) = registered(world, |record| record.declarations == 0)?;
			Some((owner, Call::remove { profile }.into()))
		}
		"declare" => declaration(world),
		"retire" => {
			let (netuid, hotkey, profile, role) = declared(world, |one| one.ends_at.is_none())?;
			let owner = world.owner(&hotkey)?;
			let call = Call::retire {
				netuid,
				hotkey,
				profile,
				role,
			};
			Some((owner, call.into()))
		}
		"release bonds" => {
			let (netuid, hotkey, _, _) = declared(world, |one| one.ends_at.is_some())?;
			Some((world.coldkey(), Call::release { netuid, hotkey }.into()))
		}
		_ => anchor(world),
	}
}

/// Strict and statistical in turn.
fn spec(world: &mut World) -> ProfileSpec {
	let seed = world.dice.below(PROFILES) as u8;
	let lane = match seed % 2 {
		0 => Lane::Strict,
		_ => Lane::Statistical,
	};
	let mut spec = profile(seed, lane);
	if !world.sensible && world.dice.one_in(2) {
		spec.files = BoundedVec::new();
	}
	spec
}

fn terms(world: &mut World) -> ProfileTerms {
	let letter = |world: &mut World| b'a' + world.dice.below(26) as u8;
	let label = |world: &mut World| BoundedVec::truncate_from(vec![letter(world), letter(world)]);
	ProfileTerms {
		name: label(world),
		licence: label(world),
		price_floor: world.dice.amount(),
	}
}

/// A registered profile of a certain kind with its owner; any where no sense is asked for.
fn registered(world: &mut World, wanted: impl Fn(&Record<AccountId>) -> bool) -> Option<(ProfileId, Key)> {
	let all: Vec<Record<AccountId>> = world
		.chain
		.read(|| Records::<Runtime>::iter().map(|(_, record)| record).collect());
	let found: Vec<&Record<AccountId>> = all.iter().filter(|record| !world.sensible || wanted(record)).collect();
	let record = (*world.dice.pick(&found)?).clone();
	Some((record.id, world.key_of(&record.owner)?))
}

/// A hotkey with stake of its own serves or audits a profile.
fn declaration(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let (profile, _) = registered(world, |_| true)?;
	let netuid = world.netuid();
	let hotkey = world.neuron(netuid);
	let (own, least) = world
		.chain
		.read(|| (Staking::own_stake(netuid, &hotkey.id), MinAuditBond::get()));
	if world.sensible && own < least {
		return None;
	}
	let role = match world.dice.one_in(2) {
		true => Role::Audit,
		false => Role::Serve,
	};
	let bond = least + u128::from(world.dice.below(3)) * GNG / 100;
	let call = Call::declare {
		netuid,
		hotkey: hotkey.id.clone(),
		profile,
		role,
		bond,
	};
	Some((world.owner_of(&hotkey), call.into()))
}

/// A declaration of a certain kind.
fn declared(world: &mut World, wanted: impl Fn(&Declaration) -> bool) -> Option<(NetUid, AccountId, ProfileId, Role)> {
	let sensible = world.sensible;
	let found: Vec<(NetUid, AccountId, ProfileNumber, Role)> = world.chain.read(|| {
		let all = DeclarationsOf::<Runtime>::iter().flat_map(|(netuid, hotkey, declarations)| {
			let one = move |declaration: Declaration| (netuid, hotkey.clone(), declaration);
			declarations.into_iter().map(one)
		});
		let fits = all.filter(|(_, _, one)| !sensible || wanted(one));
		fits.map(|(netuid, hotkey, one)| (netuid, hotkey, one.profile, one.role))
			.collect()
	});
	let (netuid, hotkey, number, role) = world.dice.pick(&found)?.clone();
	let record = world.chain.read(|| Records::<Runtime>::get(number))?;
	Some((netuid, hotkey, record.id, role))
}

/// A batch of receipts. Hotkeys have no money: beyond the quota they are refused.
fn anchor(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let netuid = world.netuid();
	let hotkey = world.neuron(netuid);
	let root = Hash::from_low_u64_be(world.dice.roll());
	let count = 1 + world.dice.below(5_000) as u32;
	let free = world.chain.read(|| Receipts::is_free(&hotkey.id, netuid, &root, count));
	if world.sensible && !free {
		return None;
	}
	let call = pallet_receipts::Call::anchor { netuid, root, count };
	Some((hotkey, call.into()))
}
