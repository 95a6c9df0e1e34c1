//! Who votes: coldkeys that locked stake of their own, and the snapshot of the largest.

use super::*;
use alloc::vec::Vec;
use core::cmp::Reverse;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::fungible::Inspect,
};
use ganglion_primitives::{Balance, BlockNumber, NetUid, ONE_U16};
use ganglion_traits::{ColdkeyGuard, LockReason, StakeLock};
use types::{total, Ballot, Ballots, Lock, Locks, MAX_BALLOTS, MAX_VOTERS};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_lock(
		coldkey: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(!T::Guard::is_guarded(&coldkey), Error::<T>::ColdkeyGuarded);
		let locks = Voters::<T>::get(&coldkey);
		let listed = locks.is_some();
		let mut locks = locks.unwrap_or_default();
		let place = Self::place(&mut locks, netuid, &hotkey)?;
		let lowered = amount < place.amount;
		ensure!(!lowered || !Self::has_open_vote(&coldkey), Error::<T>::VoteOpen);
		let value = T::Stake::locked_value(LockReason::Vote, &coldkey, netuid, &hotkey);
		T::Stake::set_lock(LockReason::Vote, &coldkey, netuid, &hotkey, amount)?;
		// A slash can have left less than a lock that is only lowered.
		let there = T::Stake::locked_value(LockReason::Vote, &coldkey, netuid, &hotkey);
		ensure!(there >= amount, Error::<T>::NotThatMuch);
		place.set(amount, value, Self::clock(), T::LockAge::get());
		Self::told(&coldkey, netuid, &hotkey, amount);
		locks.retain(|lock| lock.amount > 0);
		Self::list(&coldkey, locks, listed, lowered)
	}

	fn told(coldkey: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId, amount: Balance) {
		let (coldkey, hotkey) = (coldkey.clone(), hotkey.clone());
		Self::deposit_event(Event::StakeLocked {
			coldkey,
			netuid,
			hotkey,
			amount,
		});
	}

	/// The lock of a position, or a new one of nothing.
	fn place<'a>(
		locks: &'a mut Locks<T::AccountId>,
		netuid: NetUid,
		hotkey: &T::AccountId,
	) -> Result<&'a mut Lock<T::AccountId>, Error<T>> {
		let same = |lock: &Lock<T::AccountId>| lock.netuid == netuid && lock.hotkey == *hotkey;
		let index = match locks.iter().position(same) {
			Some(index) => index,
			None => {
				let (amount, fresh, since) = (0, 0, 0);
				let hotkey = hotkey.clone();
				let lock = Lock {
					netuid,
					hotkey,
					amount,
					fresh,
					since,
				};
				locks.try_push(lock).map_err(|_| Error::<T>::TooManyLocks)?;
				locks.len().saturating_sub(1)
			}
		};
		locks.get_mut(index).ok_or(Error::<T>::TooManyLocks)
	}

	/// Write a voter's locks. A newcomer needs a place on the list. Whoever lowers a lock so far that less than the
	/// minimum is left in all gives up his place: everything is unlocked.
	fn list(coldkey: &T::AccountId, locks: Locks<T::AccountId>, listed: bool, lowered: bool) -> DispatchResult {
		let sum = locks
			.iter()
			.fold(0, |sum: Balance, lock| sum.saturating_add(lock.amount));
		if sum < T::MinVoterStake::get() {
			ensure!(lowered, Error::<T>::TooLittle);
			Voters::<T>::remove(coldkey);
			return Self::release(coldkey, &locks);
		}
		if !listed && Voters::<T>::count() >= MAX_VOTERS {
			Self::make_room(sum)?;
		}
		Voters::<T>::insert(coldkey, locks);
		Ok(())
	}

	fn release(coldkey: &T::AccountId, locks: &[Lock<T::AccountId>]) -> DispatchResult {
		for lock in locks {
			T::Stake::set_lock(LockReason::Vote, coldkey, lock.netuid, &lock.hotkey, 0)?;
			Self::told(coldkey, lock.netuid, &lock.hotkey, 0);
		}
		Ok(())
	}

	/// Strike off the voter with the least locked value, if it is less than the newcomer's and it is in no open vote.
	fn make_room(newcomer: Balance) -> DispatchResult {
		let value = |(coldkey, locks): (T::AccountId, Locks<T::AccountId>)| (Self::value(&coldkey, &locks), coldkey);
		let (least, coldkey) = Voters::<T>::iter().map(value).min().ok_or(Error::<T>::ListFull)?;
		ensure!(least < newcomer && !Self::has_open_vote(&coldkey), Error::<T>::ListFull);
		Self::release(&coldkey, &Voters::<T>::take(&coldkey).unwrap_or_default())?;
		Self::deposit_event(Event::VoterStruckOff { coldkey });
		Ok(())
	}

	/// Nano that a voter has locked and still has.
	fn value(coldkey: &T::AccountId, locks: &[Lock<T::AccountId>]) -> Balance {
		let value = |lock: &Lock<T::AccountId>| {
			T::Stake::locked_value(LockReason::Vote, coldkey, lock.netuid, &lock.hotkey).min(lock.amount)
		};
		locks.iter().map(value).fold(0, Balance::saturating_add)
	}

	/// Nano of a voter that count in a snapshot taken now.
	pub fn counted(coldkey: &T::AccountId) -> Balance {
		Voters::<T>::get(coldkey).map_or(0, |locks| Self::counted_of(coldkey, &locks, Self::clock()))
	}

	fn counted_of(coldkey: &T::AccountId, locks: &[Lock<T::AccountId>], clock: BlockNumber) -> Balance {
		let counted = |lock: &Lock<T::AccountId>| {
			let value = T::Stake::locked_value(LockReason::Vote, coldkey, lock.netuid, &lock.hotkey);
			lock.counted(value, clock, T::LockAge::get())
		};
		locks.iter().map(counted).fold(0, Balance::saturating_add)
	}

	/// Every coldkey on the list: what it has locked, and what of it would count now.
	pub fn voters() -> Vec<(T::AccountId, Balance, Balance)> {
		let clock = Self::clock();
		let mut all: Vec<_> = Voters::<T>::iter()
			.map(|(coldkey, locks)| {
				let (value, counted) = (Self::value(&coldkey, &locks), Self::counted_of(&coldkey, &locks, clock));
				(coldkey, value, counted)
			})
			.collect();
		all.sort_by(|left, right| (Reverse(left.2), &left.0).cmp(&(Reverse(right.2), &right.0)));
		all
	}

	/// The voters with most stake that counts, largest first. Too few of them, or too little stake, decide nothing.
	pub(crate) fn snapshot() -> Result<Ballots<T::AccountId>, Error<T>> {
		let ballots: Vec<_> = Self::voters()
			.into_iter()
			.filter(|(_, _, stake)| *stake > 0)
			.take(MAX_BALLOTS as usize)
			.map(|(voter, _, stake)| Ballot {
				voter,
				stake,
				choice: None,
			})
			.collect();
		let enough = ballots.len() >= T::MinVoters::get() as usize && total(&ballots) >= Self::least_electorate();
		ensure!(enough && !ballots.is_empty(), Error::<T>::ElectorateTooSmall);
		Ok(Ballots::truncate_from(ballots))
	}

	/// Nano that a snapshot must have in all: a part of everything issued.
	pub fn least_electorate() -> Balance {
		let issued = T::Currency::total_issuance();
		issued
			.saturating_mul(T::MinElectorate::get().into())
			.checked_div(ONE_U16.into())
			.unwrap_or(0)
	}

	/// What a ballot counts at its tally: stake that was slashed or taken out since the snapshot has no vote.
	pub(crate) fn strength(ballot: &Ballot<T::AccountId>) -> Balance {
		let locks = Voters::<T>::get(&ballot.voter).unwrap_or_default();
		ballot.stake.min(Self::value(&ballot.voter, &locks))
	}

	/// Whether a vote of the coldkey is open: it was given and is not yet enacted or refused.
	pub fn has_open_vote(coldkey: &T::AccountId) -> bool {
		let voted = |ballots: &[Ballot<T::AccountId>]| {
			ballots
				.iter()
				.any(|ballot| ballot.voter == *coldkey && ballot.choice.is_some())
		};
		Referenda::<T>::iter_values().any(|referendum| voted(&referendum.ballots))
			|| ElectionOf::<T>::get().is_some_and(|election| voted(&election.ballots))
	}

	/// Write a choice into a snapshot.
	pub(crate) fn choose(
		ballots: &mut Ballots<T::AccountId>,
		coldkey: &T::AccountId,
		choice: u32,
	) -> Result<Balance, Error<T>> {
		let ballot = ballots
			.iter_mut()
			.find(|ballot| ballot.voter == *coldkey)
			.ok_or(Error::<T>::NotInSnapshot)?;
		let strength = Self::strength(ballot);
		ensure!(strength > 0, Error::<T>::NothingLocked);
		ballot.choice = Some(choice);
		Ok(strength)
	}
}
