//! Subnets: their life, and what their owners and root set.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use ganglion_primitives::{Hyperparameter, Hyperparameters, NetUid, RecycleOrBurn as Fate, SubnetIdentity, GNG};
use ganglion_runtime::{AccountId, Neurons, Runtime, RuntimeCall, Subnets};
use ganglion_traits::{HotkeyOwnership, SubnetInspect};
use pallet_subnets::Call;
use sp_runtime::BoundedVec;

pub const KINDS: &[Kind] = &[
	("create", 2),
	("start", 2),
	("activate", 2),
	("deactivate", 1),
	("dissolve", 1),
	("hyperparameters by root", 4),
	("hyperparameters by owner", 4),
	("trigger epoch", 3),
	("subnet identity", 1),
	("subnet name", 2),
	("owner hotkey", 2),
];

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	let netuid = world.netuid();
	let owner = world.subnet_owner(netuid);
	let made = match kind {
		"create" => {
			let hotkey = world.hotkey();
			(world.owner_of(&hotkey), calls::create(&hotkey))
		}
		"start" => {
			let netuid = waiting(world, |info| !info.started)?;
			(world.subnet_owner(netuid), Call::start { netuid }.into())
		}
		"activate" => {
			let netuid = waiting(world, |info| !info.activated)?;
			world.as_root(calls::activate(netuid))
		}
		"deactivate" => {
			let netuid = waiting(world, |info| info.activated)?;
			world.as_root(calls::deactivate(netuid))
		}
		// Seldom: everything else needs subnets that live.
		"dissolve" if world.sensible && !world.dice.one_in(6) => return None,
		"dissolve" => world.as_root(Call::dissolve { netuid }.into()),
		"hyperparameters by root" => {
			let changes = [hyperparameter(world), hyperparameter(world)];
			world.as_root(calls::set_hyperparameters(netuid, &changes))
		}
		"hyperparameters by owner" => {
			let mut change = hyperparameter(world);
			while world.sensible && pallet_subnets::bounds::is_root_only(&change) {
				change = hyperparameter(world);
			}
			(owner, calls::set_hyperparameters(netuid, &[change]))
		}
		"trigger epoch" => {
			let on = |h: Hyperparameters| h.commit_reveal_on || h.tempo < 4;
			let refused = world.chain.read(|| Subnets::hyperparameters(netuid).is_some_and(on));
			if world.sensible && refused {
				return None;
			}
			(owner, Call::trigger_epoch { netuid }.into())
		}
		"subnet identity" => {
			let identity = SubnetIdentity {
				description: BoundedVec::truncate_from(vec![b'x'; world.dice.below(900) as usize]),
				..Default::default()
			};
			let identity = world.dice.one_in(3).then(|| Box::new(identity));
			(owner, Call::set_identity { netuid, identity }.into())
		}
		"subnet name" => {
			let letter = |first: u8, world: &mut World| first + world.dice.below(6) as u8;
			let name = BoundedVec::truncate_from(vec![b'n', b'e', b't', letter(b'a', world)]);
			let symbol = BoundedVec::truncate_from(vec![b'N', letter(b'A', world)]);
			(owner, Call::set_name { netuid, name, symbol }.into())
		}
		_ => {
			let owned = world.chain.read(|| Neurons::owned(&owner.id));
			let now = world.chain.read(|| Subnets::owner_hotkey(netuid));
			let others: Vec<AccountId> = owned.into_iter().filter(|id| Some(id) != now.as_ref()).collect();
			let hotkey = match world.dice.pick(&others) {
				Some(hotkey) => hotkey.clone(),
				None if world.sensible => return None,
				None => world.hotkey().id,
			};
			(owner, Call::set_owner_hotkey { netuid, hotkey }.into())
		}
	};
	Some(made)
}

/// A subnet in a state that can be changed.
fn waiting(world: &mut World, wanted: impl Fn(&pallet_subnets::SubnetInfoOf<Runtime>) -> bool) -> Option<NetUid> {
	let found: Vec<NetUid> = world.chain.read(|| {
		Subnets::netuids()
			.into_iter()
			.filter(|netuid| pallet_subnets::Subnets::<Runtime>::get(netuid).is_some_and(|info| wanted(&info)))
			.collect()
	});
	world.dice.pick(&found).copied()
}

fn hyperparameter(world: &mut World) -> Hyperparameter {
	use Hyperparameter::*;
	let dice = &mut world.dice;
	let yes = dice.one_in(2);
	match dice.below(29) {
		0 => Tempo(1 + dice.below(20) as u16),
		1 => MaxAllowedUids(2 + dice.below(12) as u16),
		2 => ImmunityPeriod(dice.below(40) as u32),
		3 => CommitRevealOn(yes),
		4 => WeightsRateLimit(dice.below(8) as u32),
		5 => Yuma3On(yes),
		6 => LiquidAlphaOn(yes),
		7 => OwnerCutOn(yes),
		8 => MinNonImmuneUids(dice.below(4) as u16),
		9 => BondsMovingAverage(dice.below(1_000_001) as u32),
		10 => MechanismCount(1 + dice.below(3) as u8),
		11 => EmissionSplit(split(1 + dice.below(3) as u16)),
		12 => RevealPeriodEpochs(1 + dice.below(3) as u32),
		13 => RecycleOrBurn(if yes { Fate::Burn } else { Fate::Recycle }),
		14 => OwnerCutAutoLockOn(yes),
		15 => BondsResetOn(yes || dice.one_in(2)),
		16 => LiquidAlphaLegacy(yes),
		17 => BondsPenalty(dice.roll() as u16),
		18 => Kappa(dice.roll() as u16),
		19 => MaxAllowedValidators(1 + dice.below(6) as u16),
		20 => MinValidatorStake(u128::from(dice.below(3)) * GNG),
		21 => RegistrationAllowed(!dice.one_in(8)),
		22 => RegistrationPriceMin(1_000_000 + u128::from(dice.below(10_000_000))),
		23 => RegistrationHalfLife(1 + dice.below(100) as u32),
		24 => ActivityCutoffFactorMilli(1_000 + dice.below(20_000) as u32),
		25 => TransferOn(!dice.one_in(4)),
		_ => VerdictsOn(!dice.one_in(3)),
	}
}

/// Parts that add up, the first larger.
fn split(parts: u16) -> BoundedVec<u16, sp_core::ConstU32<{ ganglion_primitives::MAX_MECHANISMS }>> {
	let even = u16::MAX / parts;
	let mut split = vec![even; parts.into()];
	split[0] += u16::MAX - even * parts;
	BoundedVec::truncate_from(split)
}
