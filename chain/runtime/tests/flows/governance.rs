//! Governance on the whole runtime: decisions as transactions of council, voters and guardians, and attacks on them.

use crate::common::{
	calls::{self, row},
	key,
	network::{self, epoch, next_epoch, player, Network, NET},
	Chain, Key, CANNOT_PAY,
};
use codec::Encode;
use frame_support::traits::QueryPreimage;
use ganglion_primitives::GNG;
use ganglion_runtime::{
	configs::ProxyType, AccountId, Balance, Governance, Hash, Preimage, Runtime, RuntimeCall, RuntimeEvent, Staking,
};
use ganglion_traits::{Pause, Slash};
use pallet_collective::{Instance1, Instance2};
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	DispatchError, DispatchResult,
};

/// Seats of both collectives on development networks, in the order in which they vote here: in one test Bob can't pay.
const SEATS: [&str; 5] = ["Alice", "Charlie", "Dave", "Eve", "Bob"];
const VOTING: u32 = 10;
const DELAY: u32 = 5;
const LOCK_AGE: u32 = 30;
const MAX_PAUSE: u32 = 60;

fn filtered() -> DispatchError {
	frame_system::Error::<Runtime>::CallFiltered.into()
}

/// A motion of a collective that `yes` of its members carry; what became of its call.
macro_rules! motion {
	($name:ident, $instance:ty, $event:ident) => {
		fn $name(chain: &mut Chain, yes: u32, call: RuntimeCall) -> DispatchResult {
			let (hash, weight) = (
				BlakeTwo256::hash_of(&call),
				sp_runtime::Weight::from_parts(300_000_000_000, 1 << 40),
			);
			let length_bound = call.encoded_size() as u32;
			let index = chain.read(pallet_collective::ProposalCount::<Runtime, $instance>::get);
			let propose = pallet_collective::Call::<Runtime, $instance>::propose {
				threshold: yes.max(2),
				proposal: Box::new(call),
				length_bound,
			};
			chain.ok(&key(SEATS[0]), propose.into());
			for member in &SEATS[..yes as usize] {
				let vote = pallet_collective::Call::<Runtime, $instance>::vote {
					proposal: hash,
					index,
					approve: true,
				};
				chain.ok(&key(member), vote.into());
			}
			let close = pallet_collective::Call::<Runtime, $instance>::close {
				proposal_hash: hash,
				index,
				proposal_weight_bound: weight,
				length_bound,
			};
			chain.ok(&key("a passer-by"), close.into());
			let done = |event| match event {
				RuntimeEvent::$event(pallet_collective::Event::Executed { result, .. }) => Some(result),
				_ => None,
			};
			chain.events().into_iter().find_map(done).unwrap()
		}
	};
}
motion!(council, Instance1, Council);
motion!(guardians, Instance2, Guardians);

/// A chain on which a passer-by, who pays for what anybody can do, has money.
fn development() -> Chain {
	let mut chain = Chain::development();
	chain.ok(&key("Alice"), calls::transfer(&key("a passer-by"), 100 * GNG));
	chain
}

fn pause(blocks: u32) -> RuntimeCall {
	pallet_governance::Call::pause { blocks }.into()
}

fn is_paused(chain: &mut Chain) -> bool {
	chain.read(Governance::is_paused)
}

fn note(chain: &mut Chain, call: &RuntimeCall) -> (Hash, u32) {
	let bytes = call.encode();
	let (hash, length) = (BlakeTwo256::hash(&bytes), bytes.len() as u32);
	if !chain.read(|| <Preimage as QueryPreimage>::len(&hash).is_some()) {
		let note = pallet_preimage::Call::note_preimage { bytes };
		chain.ok(&key("a passer-by"), note.into());
	}
	(hash, length)
}

fn submit(call: Hash, length: u32) -> RuntimeCall {
	pallet_governance::Call::submit { call, length }.into()
}

fn vote(index: u32, approve: bool) -> RuntimeCall {
	pallet_governance::Call::vote { index, approve }.into()
}

fn lock(hotkey: &Key, amount: Balance) -> RuntimeCall {
	let (netuid, hotkey) = (NET, hotkey.id.clone());
	pallet_governance::Call::lock { netuid, hotkey, amount }.into()
}

/// A network whose Bob (100 GNG) and Dave (60 GNG) have locked own stake that counts.
fn electorate() -> Network {
	let mut network = Network::new();
	let (bob, dave) = (network.validator.clone(), player("Dave"));
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&key("a passer-by"), 100 * GNG));
	network::join(chain, NET, &dave, 60 * GNG);
	chain.ok(&bob.coldkey, lock(&bob.hotkey, 90 * GNG));
	chain.ok(&dave.coldkey, lock(&dave.hotkey, 60 * GNG - 1));
	chain.empty(LOCK_AGE);
	network
}

/// Number of the referendum on a call that the council submits.
fn referendum(chain: &mut Chain, call: &RuntimeCall) -> u32 {
	let index = chain.read(pallet_governance::NextReferendum::<Runtime>::get);
	let (hash, length) = note(chain, call);
	assert_eq!(council(chain, 3, submit(hash, length)), Ok(()));
	index
}

fn guardians_of(chain: &mut Chain) -> usize {
	chain.read(|| pallet_collective::Members::<Runtime, Instance2>::get().len())
}

/// A call of root that shows: the guardians are three from then on.
fn three_guardians() -> RuntimeCall {
	let new_members = ["Alice", "Bob", "Charlie"].map(|name| key(name).id).to_vec();
	pallet_collective::Call::<Runtime, Instance2>::set_members {
		new_members,
		prime: None,
		old_count: 5,
	}
	.into()
}

#[test]
fn three_guardians_pause_and_two_cannot() {
	let mut chain = development();
	assert_eq!(guardians(&mut chain, 2, pause(10)), Err(DispatchError::BadOrigin));
	assert!(!is_paused(&mut chain));
	assert_eq!(guardians(&mut chain, 3, pause(10)), Ok(()));
	assert!(is_paused(&mut chain));
	chain.empty(10);
	assert!(is_paused(&mut chain));
	chain.empty(1);
	assert!(!is_paused(&mut chain));
}

#[test]
fn guardians_can_do_nothing_else() {
	let mut chain = development();
	let root_calls = [
		three_guardians(),
		calls::activate(NET),
		pallet_safe_mode::Call::force_enter {}.into(),
		pallet_governance::Call::cancel { index: 0 }.into(),
		submit(Hash::zero(), 1),
		pallet_balances::Call::force_set_balance {
			who: key("Alice").id.into(),
			new_free: 7,
		}
		.into(),
	];
	for call in root_calls {
		let shown = format!("{call:?}");
		assert_eq!(guardians(&mut chain, 5, call), Err(DispatchError::BadOrigin), "{shown}");
	}
	assert_eq!(guardians(&mut chain, 3, pause(20)), Ok(()));
	let exit = || -> RuntimeCall { pallet_safe_mode::Call::force_exit {}.into() };
	assert_eq!(
		guardians(&mut chain, 5, exit()),
		Err(DispatchError::BadOrigin),
		"nor end it"
	);
	assert_eq!(council(&mut chain, 3, exit()), Err(DispatchError::BadOrigin));
	assert_eq!(council(&mut chain, 4, exit()), Ok(()), "four of the council end it");
	assert!(!is_paused(&mut chain));
}

#[test]
fn guardians_cannot_pause_for_ever() {
	let mut chain = development();
	let too_long = pallet_governance::Error::<Runtime>::PauseTooLong;
	assert_eq!(guardians(&mut chain, 3, pause(MAX_PAUSE + 1)), Err(too_long.into()));
	assert_eq!(guardians(&mut chain, 3, pause(MAX_PAUSE - 10)), Ok(()));
	let extend = |blocks| -> RuntimeCall { pallet_governance::Call::extend_pause { blocks }.into() };
	assert_eq!(guardians(&mut chain, 3, extend(10)), Ok(()));
	let too_long = pallet_governance::Error::<Runtime>::PauseTooLong;
	assert_eq!(guardians(&mut chain, 3, extend(1)), Err(too_long.into()));
	while is_paused(&mut chain) {
		chain.empty(1);
	}
	let paused = chain.read(Governance::paused_blocks);
	assert_eq!(paused, MAX_PAUSE);
	let cooling = pallet_governance::Error::<Runtime>::CoolingDown;
	assert_eq!(guardians(&mut chain, 3, pause(1)), Err(cooling.into()));
	chain.empty(MAX_PAUSE);
	assert_eq!(guardians(&mut chain, 3, pause(1)), Ok(()));
}

#[test]
fn while_paused_only_governance_and_withdrawals_go_on() {
	let mut network = Network::new();
	let (bob, eve) = (network.validator.clone(), network.owner.clone());
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&key("a passer-by"), 100 * GNG));
	chain.ok(&bob.coldkey, calls::remove_stake(NET, &bob.hotkey, 10 * GNG));
	let release = epoch(chain, NET) + 3;
	(0..3).for_each(|_| next_epoch(chain, NET));
	assert_eq!(guardians(chain, 3, pause(40)), Ok(()));
	for (who, call) in [
		(&bob.coldkey, calls::transfer(&key("Dave"), GNG)),
		(&bob.coldkey, calls::add_stake(NET, &bob.hotkey, GNG)),
		(&bob.coldkey, calls::remove_stake(NET, &bob.hotkey, GNG)),
		(&bob.coldkey, calls::register(NET, &key("another"))),
		(&eve.coldkey, calls::create(&key("another"))),
		(&eve.coldkey, calls::set_take(&eve.hotkey, 1)),
	] {
		let shown = format!("{call:?}");
		assert_eq!(chain.fails(who, call), filtered(), "{shown}");
	}
	// What would be free fails in the pool: its signer cannot pay.
	let commit = calls::commit(NET, Hash::zero());
	assert_eq!(chain.refused(&bob.hotkey, commit), CANNOT_PAY);
	let free = chain.free(&bob.coldkey);
	chain.ok(&bob.coldkey, calls::withdraw(NET, &bob.hotkey, release));
	assert!(chain.free(&bob.coldkey) > free + 9 * GNG);
	chain.ok(&bob.coldkey, frame_system::Call::remark { remark: vec![1] }.into());
}

#[test]
fn a_wrapper_goes_on_only_with_what_goes_on() {
	let mut chain = development();
	assert_eq!(guardians(&mut chain, 3, pause(40)), Ok(()));
	let batch = |calls: Vec<RuntimeCall>| -> RuntimeCall { pallet_utility::Call::batch_all { calls }.into() };
	let remark = || -> RuntimeCall { frame_system::Call::remark { remark: vec![] }.into() };
	let theft = || calls::transfer(&key("Dave"), GNG);
	let alice = key("Alice");
	let inner = pallet_utility::Call::batch { calls: vec![remark()] };
	chain.ok(&alice, batch(vec![remark(), inner.into()]));
	for call in [
		batch(vec![remark(), theft()]),
		batch(vec![batch(vec![theft()])]),
		pallet_utility::Call::as_derivative {
			index: 0,
			call: Box::new(remark()),
		}
		.into(),
	] {
		assert_eq!(chain.fails(&alice, call), filtered());
	}
	// Root is bound by no filter: on development networks Sudo ends a pause.
	chain.root(pallet_safe_mode::Call::force_exit {}.into());
	chain.ok(&alice, theft());
}

#[test]
fn while_paused_no_epoch_is_completed_and_nothing_is_minted() {
	let mut network = Network::new();
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&key("a passer-by"), 100 * GNG));
	assert_eq!(guardians(chain, 3, pause(50)), Ok(()));
	let (epochs, issued) = (epoch(chain, NET), chain.issuance());
	let pending = chain.read(pallet_emissions::TotalPending::<Runtime>::get);
	chain.empty(50);
	assert_eq!((epoch(chain, NET), chain.issuance()), (epochs, issued));
	assert_eq!(chain.read(pallet_emissions::TotalPending::<Runtime>::get), pending);
	assert!(is_paused(chain));
	chain.empty(25);
	assert!(epoch(chain, NET) > epochs && chain.issuance() > issued);
}

#[test]
fn council_and_voters_change_what_root_alone_can() {
	let mut network = electorate();
	let chain = &mut network.chain;
	let index = referendum(chain, &three_guardians());
	chain.ok(&key("Bob"), vote(index, true));
	chain.empty(VOTING);
	assert_eq!(guardians_of(chain), 5);
	chain.empty(DELAY + 1);
	assert_eq!(guardians_of(chain), 3);
	// Nothing of it is left: no referendum, no lock of a vote, no request of the preimage.
	chain.empty(2);
	assert_eq!(
		chain.read(|| pallet_governance::Referenda::<Runtime>::iter().count()),
		0
	);
	chain.ok(&key("Bob"), lock(&network.validator.hotkey, 0));
}

#[test]
fn a_runtime_upgrade_is_authorised_by_its_hash() {
	let mut network = electorate();
	let chain = &mut network.chain;
	let code_hash = Hash::repeat_byte(7);
	let index = referendum(chain, &frame_system::Call::authorize_upgrade { code_hash }.into());
	chain.ok(&key("Bob"), vote(index, true));
	let check_version = true;
	let authorised = frame_system::Event::UpgradeAuthorized {
		code_hash,
		check_version,
	};
	let mut block = |_| {
		chain.empty(1);
		chain.events().contains(&RuntimeEvent::System(authorised.clone()))
	};
	assert!((0..VOTING + DELAY + 2).any(&mut block));
	let apply = frame_system::Call::apply_authorized_upgrade { code: vec![1, 2, 3] };
	let wrong = frame_system::Error::<Runtime>::Unauthorized;
	assert_eq!(chain.fails(&key("Ferdie"), apply.into()), wrong.into());
}

#[test]
fn a_minority_of_the_council_submits_nothing() {
	let mut network = electorate();
	let chain = &mut network.chain;
	let (hash, length) = note(chain, &three_guardians());
	assert_eq!(council(chain, 2, submit(hash, length)), Err(DispatchError::BadOrigin));
	assert_eq!(
		chain.fails(&key("Alice"), submit(hash, length)),
		DispatchError::BadOrigin
	);
	// And the whole council decides nothing without voters.
	let index = referendum(chain, &three_guardians());
	chain.ok(&key("Dave"), vote(index, true));
	chain.empty(VOTING + 1 + DELAY + 1);
	assert_eq!(guardians_of(chain), 5);
}

/// Stake that others put behind one's hotkey, and one's stake behind another's hotkey, votes nowhere.
#[test]
fn nominators_stake_does_not_vote() {
	let mut network = electorate();
	let (bob, ferdie) = (network.validator.clone(), key("Ferdie"));
	let chain = &mut network.chain;
	chain.ok(&ferdie, calls::add_stake(NET, &bob.hotkey, 1_000 * GNG));
	assert!(matches!(
		chain.fails(&ferdie, lock(&bob.hotkey, 1_000 * GNG)),
		DispatchError::Module(_)
	));
	// Bob has no more than his own, however much is nominated to him.
	assert!(matches!(
		chain.fails(&bob.coldkey, lock(&bob.hotkey, 500 * GNG)),
		DispatchError::Module(_)
	));
	let dave = player("Dave");
	chain.ok(&ferdie, calls::add_stake(NET, &dave.hotkey, 1_000 * GNG));
	chain.empty(LOCK_AGE);
	let voters: Vec<(AccountId, Balance, Balance)> = chain.ask("GovernanceApi_voters", ());
	let counted: Balance = voters.iter().map(|(_, _, counted)| counted).sum();
	assert_eq!((voters.len(), counted), (2, 150 * GNG - 1));
	// So Dave, with 1,060 GNG behind his hotkey, has 60 of 150 votes.
	let index = referendum(chain, &three_guardians());
	chain.ok(&dave.coldkey, vote(index, true));
	assert!(matches!(
		chain.fails(&ferdie, vote(index, true)),
		DispatchError::Module(_)
	));
	chain.empty(VOTING + 1 + DELAY + 1);
	assert_eq!(guardians_of(chain), 5);
}

/// B09: whoever buys and locks more than everybody after the snapshot, or just before it, decides nothing.
#[test]
fn a_flash_vote_has_no_votes() {
	let mut network = electorate();
	let ferdie = player("Ferdie");
	let chain = &mut network.chain;
	chain.ok(&ferdie.coldkey, calls::add_stake(NET, &ferdie.hotkey, 100_000 * GNG));
	chain.ok(&ferdie.coldkey, lock(&ferdie.hotkey, 99_000 * GNG));
	let index = referendum(chain, &three_guardians());
	let not_asked = pallet_governance::Error::<Runtime>::NotInSnapshot;
	assert_eq!(chain.fails(&ferdie.coldkey, vote(index, true)), not_asked.into());
	chain.empty(VOTING + 1 + DELAY + 1);
	assert_eq!(guardians_of(chain), 5);
}

#[test]
fn stake_that_voted_stays_until_the_enactment() {
	let mut network = electorate();
	let bob = network.validator.clone();
	let chain = &mut network.chain;
	let index = referendum(chain, &three_guardians());
	chain.ok(&bob.coldkey, vote(index, true));
	let open = || -> DispatchError { pallet_governance::Error::<Runtime>::VoteOpen.into() };
	assert_eq!(chain.fails(&bob.coldkey, lock(&bob.hotkey, 0)), open());
	assert!(matches!(
		chain.fails(&bob.coldkey, calls::remove_stake(NET, &bob.hotkey, Balance::MAX)),
		DispatchError::Module(_)
	));
	chain.empty(VOTING);
	assert_eq!(chain.fails(&bob.coldkey, lock(&bob.hotkey, 0)), open());
	chain.empty(DELAY + 1);
	assert_eq!(guardians_of(chain), 3);
	chain.ok(&bob.coldkey, lock(&bob.hotkey, 0));
	chain.ok(&bob.coldkey, calls::remove_stake(NET, &bob.hotkey, Balance::MAX));
}

/// Guardians pause while a commitment waits for its reveal: the deadline waits, too.
#[test]
fn a_reveal_survives_the_longest_pause() {
	let mut network = Network::new();
	let bob = network.validator.clone();
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&key("a passer-by"), 100 * GNG));
	let weights = row(NET, &[(2, 3), (3, 1)], 9);
	let commitment = weights.commitment(network::genesis(chain), &bob.hotkey);
	chain.ok(&bob.hotkey, calls::commit(NET, commitment));
	assert_eq!(guardians(chain, 3, pause(MAX_PAUSE)), Ok(()));
	chain.empty(MAX_PAUSE);
	next_epoch(chain, NET);
	chain.ok(&bob.hotkey, weights.reveal());
}

/// Guardians pause while a coldkey's swap is disputed: root's time to decide stands still.
#[test]
fn a_dispute_survives_the_longest_pause() {
	let mut chain = development();
	let (owner, thief) = (key("Ferdie"), key("a thief"));
	let announce = pallet_key_swap::Call::announce_coldkey_swap {
		new_hash: BlakeTwo256::hash_of(&thief.id),
	};
	chain.ok(&owner, announce.into());
	chain.ok(&owner, pallet_key_swap::Call::dispute_coldkey_swap {}.into());
	let period = chain.read(<Runtime as pallet_key_swap::Config>::DisputePeriod::get);
	chain.empty(period.saturating_sub(20));
	assert_eq!(guardians(&mut chain, 3, pause(MAX_PAUSE)), Ok(()));
	let coldkey = owner.id.clone();
	let cancel = || -> RuntimeCall {
		pallet_key_swap::Call::cancel_coldkey_swap {
			coldkey: coldkey.clone(),
		}
		.into()
	};
	assert_eq!(chain.fails(&key("Dave"), cancel()), filtered());
	chain.empty(MAX_PAUSE);
	assert!(!is_paused(&mut chain));
	// Without the pause the dispute would have lapsed long ago.
	let resolve = pallet_key_swap::Call::resolve_dispute {
		coldkey: owner.id.clone(),
		new: None,
	};
	chain.root(resolve.into());
	chain.ok(&owner, calls::transfer(&key("Dave"), GNG));
}

/// Bob, who has more than half, is caught while his vote is open: what he lost does not count any more.
#[test]
fn slashed_stake_loses_its_vote() {
	let mut network = electorate();
	let bob = network.validator.clone();
	let chain = &mut network.chain;
	let index = referendum(chain, &three_guardians());
	chain.ok(&bob.coldkey, vote(index, true));
	chain.write(|| <Staking as Slash<AccountId>>::slash(NET, &bob.hotkey.id, 40 * GNG, None));
	let rejected = |event: &RuntimeEvent| matches!(event, RuntimeEvent::Governance(pallet_governance::Event::Rejected { approving, .. }) if *approving < 75 * GNG);
	let mut block = |_| {
		chain.empty(1);
		chain.events().iter().any(rejected)
	};
	assert!((0..VOTING + 2).any(&mut block));
	chain.empty(DELAY + 1);
	assert_eq!(guardians_of(chain), 5);
}

#[test]
fn locked_stake_goes_nowhere_by_any_call() {
	let mut network = electorate();
	let (bob, dave) = (network.validator.clone(), player("Dave"));
	let chain = &mut network.chain;
	let (hotkey, amount) = (bob.hotkey.id.clone(), 50 * GNG);
	for call in [
		pallet_staking::Call::remove_stake {
			hotkey: hotkey.clone(),
			netuid: NET,
			amount,
		},
		pallet_staking::Call::transfer_stake {
			to: key("Ferdie").id,
			hotkey: hotkey.clone(),
			netuid: NET,
			amount,
		},
		pallet_staking::Call::move_stake {
			hotkey,
			netuid: NET,
			to_hotkey: dave.hotkey.id.clone(),
			to_netuid: NET,
			amount,
		},
	] {
		let shown = format!("{call:?}");
		// An operator's own stake can't be given away at all.
		let refusals: [DispatchError; 2] = [
			pallet_staking::Error::<Runtime>::Locked.into(),
			pallet_staking::Error::<Runtime>::OperatorsOwn.into(),
		];
		let refused = chain.fails(&bob.coldkey, call.into());
		assert!(refusals.contains(&refused), "{shown}: {refused:?}");
	}
}

/// A coldkey that is swapped while its vote is open takes vote, seat and lock along, once. It can pay nothing from the
/// announcement on: its proxy for governance votes.
#[test]
fn a_vote_follows_the_swap_of_its_coldkey() {
	let mut network = electorate();
	let (bob, heir, proxy) = (network.validator.clone(), key("the heir"), key("Charlie"));
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&heir, 10 * GNG));
	let delegate = pallet_proxy::Call::add_proxy {
		delegate: proxy.id.clone().into(),
		proxy_type: ProxyType::Governance,
		delay: 0,
	};
	chain.ok(&bob.coldkey, delegate.into());
	let new_hash = BlakeTwo256::hash_of(&heir.id);
	chain.ok(
		&bob.coldkey,
		pallet_key_swap::Call::announce_coldkey_swap { new_hash }.into(),
	);
	assert_eq!(chain.refused(&bob.coldkey, lock(&bob.hotkey, 0)), CANNOT_PAY);
	let delay = chain.read(<Runtime as pallet_key_swap::Config>::ColdkeySwapDelay::get);
	chain.empty(delay);
	let index = referendum(chain, &three_guardians());
	let by_proxy = |call: RuntimeCall| -> RuntimeCall {
		pallet_proxy::Call::proxy {
			real: bob.coldkey.id.clone().into(),
			force_proxy_type: None,
			call: Box::new(call),
		}
		.into()
	};
	let done = |chain: &mut Chain, call| {
		chain.ok(&proxy, by_proxy(call));
		let result = |event| match event {
			RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
			_ => None,
		};
		chain.events().into_iter().find_map(result).unwrap()
	};
	let guarded = pallet_governance::Error::<Runtime>::ColdkeyGuarded;
	assert_eq!(done(chain, lock(&bob.hotkey, 0)), Err(guarded.into()));
	assert_eq!(done(chain, vote(index, true)), Ok(()));
	let (coldkey, new) = (bob.coldkey.id.clone(), heir.id.clone());
	chain.ok(&heir, pallet_key_swap::Call::swap_coldkey { coldkey, new }.into());
	chain.empty(3);
	let seats = chain.read(pallet_collective::Members::<Runtime, Instance1>::get);
	assert!(seats.contains(&heir.id) && !seats.contains(&bob.coldkey.id));
	chain.empty(VOTING + DELAY + 1);
	assert_eq!(guardians_of(chain), 3);
	chain.ok(&heir, lock(&bob.hotkey, 0));
}
