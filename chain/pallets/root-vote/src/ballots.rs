//! Casting and removing ballots, and the tally as a block does it.

use crate::{pallet::*, tally, Ballot, Removal, Share, Shares, Weights, MAX_WEIGHTS};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use ganglion_primitives::{Balance, BlockNumber, NetUid};
use ganglion_traits::{EmissionControl, HotkeyInspect, Pause, SubnetInspect, TotalStake};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

/// What a ballot is admitted with.
pub struct Admission<AccountId> {
	/// The voter's stake, nano.
	pub stake: Balance,
	/// Its weights, ascending.
	pub weights: Weights,
	/// Who loses the place.
	pub replaced: Option<AccountId>,
}

impl<T: Config> Pallet<T> {
	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// Unpaused blocks so far.
	pub(crate) fn clock() -> BlockNumber {
		Self::now().saturating_sub(T::Pause::paused_blocks())
	}

	/// Whether a ballot would be taken, which is all that makes it free of charge.
	pub fn ensure_can_vote(
		hotkey: &T::AccountId,
		weights: &[(NetUid, u16)],
	) -> Result<Admission<T::AccountId>, Error<T>> {
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		ensure!(T::Hotkeys::coldkey(hotkey).is_some(), Error::<T>::NotHotkey);
		let weights = Self::checked(weights)?;
		let held = Ballots::<T>::get(hotkey);
		ensure!(held.as_ref().is_none_or(Self::is_old), Error::<T>::RateLimited);
		let stake = T::Stake::total_stake(hotkey);
		ensure!(stake >= T::MinVoterStake::get().max(1), Error::<T>::StakeTooSmall);
		let replaced = match held {
			Some(_) => None,
			None => Self::place_for(stake)?,
		};
		Ok(Admission {
			stake,
			weights,
			replaced,
		})
	}

	/// Weights in order, if they are acceptable.
	fn checked(weights: &[(NetUid, u16)]) -> Result<Weights, Error<T>> {
		ensure!(weights.iter().any(|(_, weight)| *weight > 0), Error::<T>::NoWeights);
		let mut weights = weights.to_vec();
		ensure!(weights.len() <= MAX_WEIGHTS as usize, Error::<T>::TooManyWeights);
		weights.sort_unstable_by_key(|(netuid, _)| *netuid);
		let weights = Weights::truncate_from(weights);
		let distinct = weights.iter().zip(weights.iter().skip(1)).all(|(a, b)| a.0 != b.0);
		ensure!(distinct, Error::<T>::DuplicateSubnet);
		let exist = weights.iter().all(|(netuid, _)| T::Subnets::exists(*netuid));
		ensure!(exist, Error::<T>::SubnetNotFound);
		Ok(weights)
	}

	/// Whether a withdrawal is free of charge: once per `RateLimit` blocks, as votes are, so that voting and withdrawing
	/// in turn does not get round the limit.
	pub fn can_retract_freely(hotkey: &T::AccountId) -> bool {
		!T::Pause::is_paused() && Ballots::<T>::get(hotkey).as_ref().is_some_and(Self::is_old)
	}

	fn is_old(ballot: &Ballot) -> bool {
		Self::now().saturating_sub(ballot.cast_at) >= T::RateLimit::get()
	}

	/// Who must go for a new voter with this stake, if anybody.
	fn place_for(stake: Balance) -> Result<Option<T::AccountId>, Error<T>> {
		if Ballots::<T>::count() < T::MaxVoters::get() {
			return Ok(None);
		}
		let lowest = Ballots::<T>::iter_keys()
			.map(|voter| (T::Stake::total_stake(&voter), voter))
			.min();
		let (least, voter) = lowest.ok_or(Error::<T>::NoPlace)?;
		ensure!(stake > least, Error::<T>::NoPlace);
		Ok(Some(voter))
	}

	pub(crate) fn do_vote(hotkey: T::AccountId, weights: Vec<(NetUid, u16)>) -> DispatchResult {
		let Admission {
			stake,
			weights,
			replaced,
		} = Self::ensure_can_vote(&hotkey, &weights)?;
		if let Some(other) = replaced {
			Self::remove(&other, Removal::Replaced)?;
		}
		let ballot = Ballot {
			weights: weights.clone(),
			stake,
			cast_at: Self::now(),
		};
		Ballots::<T>::insert(&hotkey, ballot);
		Self::deposit_event(Event::BallotCast { hotkey, weights, stake });
		Ok(())
	}

	pub(crate) fn remove(hotkey: &T::AccountId, reason: Removal) -> DispatchResult {
		ensure!(Ballots::<T>::take(hotkey).is_some(), Error::<T>::NoBallot);
		Self::deposit_event(Event::BallotRemoved {
			hotkey: hotkey.clone(),
			reason,
		});
		Ok(())
	}

	/// Whether this block tallies.
	pub(crate) fn is_due() -> bool {
		!T::Pause::is_paused() && Self::clock() >= LastTally::<T>::get().saturating_add(T::Tempo::get())
	}

	/// Tally; returns how many ballots and subnets there were.
	pub(crate) fn do_tally() -> (u32, u32) {
		LastTally::<T>::put(Self::clock());
		let active = T::Subnets::active_netuids();
		let ballots = Self::counted();
		let voters: Vec<tally::Voter<'_>> = ballots
			.iter()
			.map(|ballot| tally::Voter {
				weights: &ballot.weights,
				stake: ballot.stake,
			})
			.collect();
		let voted = tally::medians(&voters, T::AllStake::get(), &active);
		let burned = T::Emission::take_fees();
		let nothing = voted.iter().all(|share| *share == 0) && burned.is_empty();
		let period = T::Emission::block_emission().saturating_mul(T::Tempo::get().into());
		let found = match nothing {
			true => Vec::new(),
			false => tally::shares(period, T::FeeShare::get(), &active, &voted, &burned),
		};
		Self::publish(Shares::truncate_from(found), count(&ballots));
		(count(&ballots), count(&active))
	}

	/// Ballots with their stake as it is now; those without enough are removed.
	fn counted() -> Vec<Ballot> {
		let voters: Vec<T::AccountId> = Ballots::<T>::iter_keys().collect();
		let mut ballots = Vec::with_capacity(voters.len());
		for hotkey in voters {
			let stake = T::Stake::total_stake(&hotkey);
			if stake < T::MinVoterStake::get().max(1) {
				let _ = Self::remove(&hotkey, Removal::StakeTooSmall);
				continue;
			}
			let counted = Ballots::<T>::mutate(&hotkey, |entry| {
				let ballot = entry.as_mut()?;
				ballot.stake = stake;
				Some(ballot.clone())
			});
			ballots.extend(counted);
		}
		ballots
	}

	fn publish(shares: Shares, voters: u32) {
		let fees = shares
			.iter()
			.fold(0, |sum: Balance, share: &Share| sum.saturating_add(share.fees.into()));
		Self::deposit_event(Event::Tallied {
			voters,
			subnets: count(&shares),
			fees,
		});
		if LastShares::<T>::get() != shares {
			LastShares::<T>::put(shares);
			T::Emission::shares_changed();
		}
	}
}

fn count<Item>(items: &[Item]) -> u32 {
	u32::try_from(items.len()).unwrap_or(u32::MAX)
}
