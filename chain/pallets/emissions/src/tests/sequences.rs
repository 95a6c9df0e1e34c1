//! Random networks over many blocks, with all invariants and conservation checked after each block.

use super::*;
use frame_support::{traits::fungible::Mutate, BoundedVec};
use ganglion_traits::{BondsReset, RewardPool};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
	Blocks(u32),
	Stake {
		netuid: u16,
		uid: usize,
		stake: Balance,
		own: Balance,
	},
	Weights {
		netuid: u16,
		uid: u16,
		entries: Vec<(u16, u16)>,
	},
	Replace {
		netuid: u16,
		uid: usize,
	},
	Activate {
		netuid: u16,
		active: bool,
	},
	Unpayable(AccountId),
	Pause(u32),
	Share(Vec<u64>),
	Trigger {
		netuid: u16,
		after: u32,
	},
	Pool {
		netuid: u16,
		amount: Balance,
	},
	ResetBonds {
		netuid: u16,
		uid: u16,
	},
	Mechanisms {
		netuid: u16,
		count: u8,
		split: Vec<u16>,
		row: Vec<(u16, u16)>,
	},
	Params {
		netuid: u16,
		yuma3: bool,
		liquid: bool,
		cut: bool,
		tempo: u16,
	},
}

const NETS: u16 = 3;
const SLOTS: u16 = 6;

fn entries() -> impl Strategy<Value = Vec<(u16, u16)>> {
	prop::collection::btree_map(0..SLOTS + 2, any::<u16>(), 0..SLOTS as usize).prop_map(|row| row.into_iter().collect())
}

fn step() -> impl Strategy<Value = Step> {
	let (net, uid) = (|| 1..=NETS, || 0..SLOTS);
	let amount = || prop_oneof![Just(0), 0..3 * GNG, 0..1_000_000 * GNG];
	prop_oneof![
		4 => (1..8u32).prop_map(Step::Blocks),
		2 => (net(), uid(), amount(), amount()).prop_map(|(netuid, uid, own, others)| {
			Step::Stake { netuid, uid: uid.into(), stake: own + others, own }
		}),
		3 => (net(), uid(), entries()).prop_map(|(netuid, uid, entries)| Step::Weights { netuid, uid, entries }),
		1 => (net(), uid()).prop_map(|(netuid, uid)| Step::Replace { netuid, uid: uid.into() }),
		1 => (net(), any::<bool>()).prop_map(|(netuid, active)| Step::Activate { netuid, active }),
		1 => (0..2_000u64).prop_map(Step::Unpayable),
		1 => (1..20u32).prop_map(Step::Pause),
		1 => prop::collection::vec(any::<u64>(), 0..NETS as usize + 2).prop_map(Step::Share),
		1 => (net(), 0..9u32).prop_map(|(netuid, after)| Step::Trigger { netuid, after }),
		1 => (net(), 0..3 * GNG).prop_map(|(netuid, amount)| Step::Pool { netuid, amount }),
		1 => (net(), 0..SLOTS).prop_map(|(netuid, uid)| Step::ResetBonds { netuid, uid }),
		1 => (net(), 1..4u8, prop::collection::vec(any::<u16>(), 0..4), entries()).prop_map(
			|(netuid, count, split, row)| Step::Mechanisms { netuid, count, split, row }
		),
		1 => (net(), any::<bool>(), any::<bool>(), any::<bool>(), 1..9u16).prop_map(
			|(netuid, yuma3, liquid, cut, tempo)| Step::Params { netuid, yuma3, liquid, cut, tempo }
		),
	]
}

fn run(step: Step, log: &mut Log) {
	let now = System::block_number();
	match step {
		Step::Blocks(count) => (0..count).for_each(|_| log.block()),
		Step::Stake {
			netuid,
			uid,
			stake,
			own,
		} => edit(NetUid(netuid), |subnet| {
			let hotkey = subnet.neurons[uid].0;
			subnet.stakes.insert(hotkey, (stake, own));
		}),
		Step::Weights { netuid, uid, entries } => {
			edit(NetUid(netuid), |subnet| drop(subnet.rows.insert(uid, (entries, now))))
		}
		Step::Replace { netuid, uid } => edit(NetUid(netuid), |subnet| {
			let hotkey = 100 + u64::from(now) * 10 + uid as u64;
			subnet.neurons[uid] = (hotkey, now);
			subnet.rows.remove(&(uid as u16));
		}),
		Step::Activate { netuid, active } => edit(NetUid(netuid), |subnet| subnet.active = active),
		Step::Pause(blocks) => {
			let before = (issuance(), TotalPending::<Test>::get());
			pause(blocks);
			assert_eq!((issuance(), TotalPending::<Test>::get()), before);
		}
		Step::Share(weights) => {
			let shares: Vec<(u16, u64)> = (1..).zip(weights).collect();
			share(&shares);
		}
		Step::Trigger { netuid, after } => drop(Emissions::trigger(NetUid(netuid), now + after)),
		Step::Pool { netuid, amount } => {
			let slashed = burn(amount);
			<Emissions as RewardPool>::add(NetUid(netuid), slashed);
			log.emitted += slashed;
		}
		Step::ResetBonds { netuid, uid } => Emissions::reset_bonds(NetUid(netuid), Uid(uid)),
		Step::Mechanisms {
			netuid,
			count,
			split,
			row,
		} => edit(NetUid(netuid), |subnet| {
			subnet.params.mechanism_count = count;
			subnet.params.emission_split = BoundedVec::truncate_from(split);
			subnet
				.more_rows
				.insert((count.max(2) - 1, u16::from(count)), (row, now));
		}),
		Step::Unpayable(who) => TheWorld::mutate(|world| world.unpayable.extend([who])),
		Step::Params {
			netuid,
			yuma3,
			liquid,
			cut,
			tempo,
		} => edit(NetUid(netuid), |subnet| {
			subnet.params.yuma3_on = yuma3;
			subnet.params.liquid_alpha_on = liquid;
			subnet.params.owner_cut_on = cut;
			subnet.params.tempo = tempo;
		}),
	}
}

/// What was emitted, minted and paid, block by block.
#[derive(Default)]
struct Log {
	emitted: Balance,
	minted: Balance,
}

impl Log {
	/// Run a block and check conservation.
	fn block(&mut self) {
		let (issued, pending) = (issuance(), TotalPending::<Test>::get());
		if earning() {
			self.emitted += crate::supply::block_emission(issued + pending, Reward::get());
		}
		next_block();
		let (mut minted, mut parts) = (0, (0, 0, 0));
		for event in events() {
			match event {
				Event::EmissionPaid {
					owner,
					miners,
					validators,
					..
				} => parts = (owner, miners, validators),
				Event::EpochCompleted {
					emission, minted: of, ..
				} => {
					check_halves(emission, of, std::mem::take(&mut parts));
					minted += of;
				}
			}
		}
		self.minted += minted;
		assert_eq!(issuance(), issued + minted, "only what was credited was minted");
		assert!(
			self.minted + TotalPending::<Test>::get() <= self.emitted,
			"nothing appears from nowhere"
		);
		Emissions::do_try_state().unwrap();
	}
}

/// Whether a subnet is active and has a share.
fn earning() -> bool {
	let world = TheWorld::get();
	let has = |netuid: &NetUid| world.shares.is_empty() || world.shares.get(netuid).is_some_and(|share| *share > 0);
	world
		.subnets
		.iter()
		.any(|(netuid, subnet)| subnet.active && has(netuid))
}

/// Burn what the treasury can lose of an amount.
fn burn(amount: Balance) -> Balance {
	use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
	let best = (Preservation::Preserve, Precision::BestEffort, Fortitude::Polite);
	Balances::burn_from(&TREASURY, amount, best.0, best.1, best.2).unwrap()
}

/// Neither side gets more than its half, but for the rounding of 32 fractional bits.
fn check_halves(emission: Balance, minted: Balance, (owner, miners, validators): (Balance, Balance, Balance)) {
	let shared = emission - owner;
	let most = shared / 2 + (shared >> 28) + 3 * Balance::from(SLOTS);
	assert!(
		miners <= most && validators <= most,
		"{miners} {validators} of {shared}"
	);
	assert!(minted <= emission);
	assert_eq!(minted, owner + miners + validators);
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 96, ..Default::default() })]

	#[test]
	fn any_sequence_conserves(steps in prop::collection::vec(step(), 1..50)) {
		ExtBuilder::default().build_and_execute(|| {
			for netuid in 1..=NETS {
				create(NetUid(netuid), TEMPO);
				edit(NetUid(netuid), |subnet| {
					subnet.neurons = (0..SLOTS.into()).map(|uid| (10 * u64::from(netuid) + uid, 0)).collect();
				});
			}
			let mut log = Log::default();
			steps.into_iter().for_each(|step| run(step, &mut log));
			(0..12).for_each(|_| log.block());
			let paid: Balance = TheWorld::get().paid.values().sum();
			assert_eq!(paid, log.minted);
		});
	}
}
