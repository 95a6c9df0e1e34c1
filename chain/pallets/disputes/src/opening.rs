//! What a dispute is opened with, and whether it fits together.

use crate::{
	merkle::{are_all, stands_at},
	pallet::*,
	types::*,
};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, Get},
};
use ganglion_primitives::{
	dispute::{LEAF_TOKENS, OUTPUT_DOMAIN, PROMPT_DOMAIN, SAMPLING_DOMAIN},
	AnswerEvidence, AnswerKind, Balance, Claim, Dispute, FiledEvidence, Lane, NetUid, ProfileSummary, Receipt, Role,
	SignedReceipt, Stage, Task, Verdict, VerdictOpening, MAX_DISPUTES, RECEIPT_DOMAIN, RECEIPT_VERSION, VERDICT_DOMAIN,
};
use ganglion_traits::{
	Bonds, DrawRandomness, EpochInspect, HotkeyInspect, Pause, Profiles, StakeInspect, SubnetInspect,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Verify, AccountId32, BoundedVec, DispatchResult, MultiSignature};

/// Who is accused of what.
struct Accusation {
	subject: H256,
	claim: Claim,
	named: AccountId32,
	accused: AccountId32,
	role: Role,
	/// Whether the validator filed it of late: its own word and the miner's clock don't decide then.
	fresh: bool,
}

/// What a dispute about an answer is about: in each subnet for itself, for in each of them another bond stands for it.
///
/// `receipt` is blake2b-256 of the unsigned receipt's bytes.
pub fn answer_subject(netuid: NetUid, receipt: &H256) -> H256 {
	blake2_256(&(netuid, receipt).encode()).into()
}

/// Bytes of a single verdict in the tree of those that were filed.
pub fn verdict_leaf(verdict: &Verdict) -> alloc::vec::Vec<u8> {
	[VERDICT_DOMAIN, &verdict.encode()].concat()
}

fn hash(domain: &[u8], bytes: &[u8]) -> H256 {
	blake2_256(&[domain, bytes].concat()).into()
}

fn hash_ids(domain: &[u8], ids: &[u32]) -> H256 {
	let bytes: alloc::vec::Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
	hash(domain, &bytes)
}

fn counts(ids: &[u32], number: u32) -> bool {
	u32::try_from(ids.len()) == Ok(number)
}

/// Whether the evidence is what the receipt speaks of.
fn matches(evidence: &AnswerEvidence) -> bool {
	let receipt = &evidence.receipt.receipt;
	counts(&evidence.prompt, receipt.prompt_tokens)
		&& counts(&evidence.output, receipt.output_tokens)
		&& hash_ids(PROMPT_DOMAIN, &evidence.prompt) == receipt.prompt
		&& hash_ids(OUTPUT_DOMAIN, &evidence.output) == receipt.output
		&& hash(SAMPLING_DOMAIN, &evidence.sampling) == receipt.sampling
		&& (evidence.leaves.is_empty() || has_traced(evidence))
}

/// Whether the activation leaves are all that the receipt commits to.
fn has_traced(evidence: &AnswerEvidence) -> bool {
	let receipt = &evidence.receipt.receipt;
	let number = u32::try_from(evidence.leaves.len());
	number == Ok(receipt.output_tokens.div_ceil(LEAF_TOKENS)) && are_all(&receipt.trace, &evidence.leaves)
}

/// Whether the miner that the receipt names signed it.
pub(crate) fn is_signed(signed: &SignedReceipt) -> bool {
	let message = [RECEIPT_DOMAIN, &signed.receipt.encode()].concat();
	let known = matches!(
		signed.signature,
		MultiSignature::Ed25519(_) | MultiSignature::Sr25519(_)
	);
	known && signed.signature.verify(&message[..], &signed.receipt.miner.into())
}

impl<T: Config> Pallet<T> {
	/// What a challenger has to put down now for evidence of this size, nano.
	pub fn bond_for(bytes: u32) -> Balance {
		let open = u32::try_from(Due::<T>::decode_len().unwrap_or(0)).unwrap_or(u32::MAX);
		let eighths = open.saturating_mul(8).checked_div(MAX_DISPUTES).unwrap_or(0);
		let least = T::ChallengerBond::get().saturating_mul(2u128.saturating_pow(eighths));
		least.saturating_add(T::BondPerByte::get().saturating_mul(bytes.into()))
	}

	/// Accuse the miner of a receipt.
	pub(crate) fn do_open(
		challenger: AccountId32,
		netuid: NetUid,
		claim: Claim,
		evidence: AnswerEvidence,
	) -> DispatchResult {
		let profile = Self::ensure_sound(netuid, &evidence)?;
		let receipt = &evidence.receipt.receipt;
		Self::ensure_claim_fits(&claim, &profile, receipt)?;
		let named = AccountId32::from(receipt.miner);
		Self::ensure_its_name(netuid, &named, receipt.created_at)?;
		let accusation = Accusation {
			subject: answer_subject(netuid, &blake2_256(&receipt.encode()).into()),
			claim,
			accused: Self::present_name(netuid, &named),
			named,
			role: Role::Serve,
			fresh: false,
		};
		Self::begin(challenger, netuid, profile, accusation, evidence)
	}

	/// Accuse the validator that filed a verdict.
	pub(crate) fn do_open_verdict(
		challenger: AccountId32,
		netuid: NetUid,
		validator: AccountId32,
		opening: VerdictOpening,
		evidence: AnswerEvidence,
	) -> DispatchResult {
		let profile = Self::ensure_sound(netuid, &evidence)?;
		let (accused, filed) = Self::filed_by(netuid, &validator, opening.epoch)?;
		Self::ensure_filed(&filed, &opening)?;
		let same = opening.verdict.receipt == blake2_256(&evidence.receipt.encode()).into()
			&& opening.verdict.request_id == evidence.receipt.receipt.request_id;
		ensure!(same, Error::<T>::EvidenceMismatch);
		let accusation = Accusation {
			// The secret in what was filed is the validator's alone.
			subject: blake2_256(&(VERDICT_DOMAIN, netuid, filed, opening.verdict).encode()).into(),
			claim: Claim::Verdict(opening.verdict),
			named: validator,
			accused,
			role: Role::Audit,
			fresh: opening.epoch.saturating_add(FRESH_EPOCHS) >= T::Epochs::epoch(netuid),
		};
		Self::begin(challenger, netuid, profile, accusation, evidence)
	}

	/// Whether the verdict is at its place among those that were filed.
	pub(crate) fn ensure_filed(filed: &FiledEvidence<AccountId32>, opening: &VerdictOpening) -> Result<(), Error<T>> {
		let leaf = verdict_leaf(&opening.verdict);
		let inside = stands_at(&filed.root, filed.leaves, opening.index, &leaf, &opening.proof);
		ensure!(inside, Error::<T>::BadProof);
		Ok(())
	}

	/// Whether the evidence is a miner's own, of this network, about a profile that is known, and not too old.
	fn ensure_sound(netuid: NetUid, evidence: &AnswerEvidence) -> Result<ProfileSummary, Error<T>> {
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		ensure!(T::Subnets::exists(netuid), Error::<T>::SubnetNotFound);
		// Nobody would ever be drawn, and the accused's bond would be frozen for nothing.
		let drawn = T::Randomness::had_randomness(netuid, DRAWING_EPOCHS);
		ensure!(drawn, Error::<T>::NoRandomness);
		let receipt = &evidence.receipt.receipt;
		let known = receipt.version == RECEIPT_VERSION && receipt.kind != AnswerKind::Embedding;
		ensure!(known, Error::<T>::NotDisputable);
		let profile = T::Profiles::profile(&receipt.profile).ok_or(Error::<T>::ProfileNotFound)?;
		ensure!(profile.task == Task::Generate, Error::<T>::NotDisputable);
		ensure!(receipt.network == Self::genesis(), Error::<T>::OtherNetwork);
		ensure!(matches(evidence), Error::<T>::EvidenceMismatch);
		ensure!(is_signed(&evidence.receipt), Error::<T>::BadSignature);
		Ok(profile)
	}

	/// The network's name.
	pub(crate) fn genesis() -> H256 {
		let genesis =
			frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::default());
		H256::from_slice(genesis.as_ref())
	}

	fn ensure_claim_fits(claim: &Claim, profile: &ProfileSummary, receipt: &Receipt) -> Result<(), Error<T>> {
		match claim {
			Claim::Answer => Ok(()),
			Claim::Margin { position, margin } => {
				ensure!(profile.lane == Lane::Strict, Error::<T>::WrongClaim);
				ensure!(*position < receipt.output_tokens, Error::<T>::NoSuchPosition);
				ensure!(*margin > profile.thresholds.margin_hard, Error::<T>::WithinLimits);
				Ok(())
			}
			Claim::Verdict(_) => Err(Error::<T>::WrongClaim),
		}
	}

	/// Whether the miner was named so when it answered. Whoever has the key of a name that was given up speaks for nobody.
	fn ensure_its_name(netuid: NetUid, named: &AccountId32, created_at: u64) -> Result<(), Error<T>> {
		let Some((_, until)) = Successors::<T>::get(netuid, named) else {
			return Ok(());
		};
		// Remembered for the window from the renaming on, and the skew of clocks.
		ensure!(
			created_at.saturating_add(T::Window::get()) <= until,
			Error::<T>::NotItsName
		);
		Ok(())
	}

	/// Young enough, filed of late, or disputed in vain within the window.
	fn ensure_in_window(accusation: &Accusation, created_at: u64) -> Result<(), Error<T>> {
		let (now, remembered) = (Self::time(), Subjects::<T>::get(accusation.subject));
		ensure!(!remembered.is_some_and(|found| found.upheld), Error::<T>::AlreadyUpheld);
		if accusation.fresh {
			return Ok(());
		}
		ensure!(created_at <= now.saturating_add(SKEW), Error::<T>::NotInWindow);
		let young = created_at.saturating_add(T::Window::get()) >= now;
		ensure!(young || remembered.is_some(), Error::<T>::NotInWindow);
		Ok(())
	}

	/// There is no bound for an accused: its friends would take the places with accusations that lead to nothing.
	fn ensure_room(challenger: &AccountId32) -> Result<(), Error<T>> {
		let open = u32::try_from(Due::<T>::decode_len().unwrap_or(0)).unwrap_or(u32::MAX);
		ensure!(open < MAX_DISPUTES, Error::<T>::TooManyDisputes);
		ensure!(
			Challenges::<T>::get(challenger) < MAX_CHALLENGES,
			Error::<T>::TooManyChallenges
		);
		Ok(())
	}

	/// Whatever profile the bond was declared for: who declares a worthless one is not out of reach by that.
	fn ensure_bonded(netuid: NetUid, accusation: &Accusation) -> Result<(), Error<T>> {
		let bond = T::Bonds::bond(netuid, &accusation.accused, accusation.role);
		// A name that was given up so long ago that nobody knows here whose it was.
		let answers = T::Bonds::answering(netuid, &accusation.accused) == accusation.accused;
		ensure!(bond > 0 && answers, Error::<T>::NotBonded);
		Ok(())
	}

	/// Whether a committee could be drawn now, of auditors that have nothing to do with it.
	fn ensure_judged(
		challenger: &AccountId32,
		netuid: NetUid,
		accusation: &Accusation,
		receipt: &Receipt,
	) -> Result<(), Error<T>> {
		let miner = Self::present_name(netuid, &receipt.miner.into());
		let mut parties = alloc::vec![accusation.accused.clone(), challenger.clone(), miner];
		let owners: alloc::vec::Vec<AccountId32> = parties.iter().filter_map(T::Hotkeys::coldkey).collect();
		parties.extend(owners);
		let is_free = |hotkey: &AccountId32| {
			!parties.contains(hotkey) && T::Hotkeys::coldkey(hotkey).is_some_and(|owner| !parties.contains(&owner))
		};
		let enough = usize::try_from(T::MinCommittee::get().max(1)).unwrap_or(usize::MAX);
		let auditors = T::Profiles::auditors(netuid, &receipt.profile).into_iter();
		let free = auditors
			.filter(is_free)
			.filter(|hotkey| T::Stake::stake(netuid, hotkey) > 0)
			.take(enough)
			.count();
		ensure!(free >= enough, Error::<T>::NoAuditors);
		Ok(())
	}

	fn begin(
		challenger: AccountId32,
		netuid: NetUid,
		profile: ProfileSummary,
		accusation: Accusation,
		evidence: AnswerEvidence,
	) -> DispatchResult {
		let receipt = &evidence.receipt.receipt;
		let owner = T::Hotkeys::coldkey(&accusation.accused);
		let himself = challenger == accusation.accused || owner.as_ref() == Some(&challenger);
		ensure!(!himself, Error::<T>::SelfDispute);
		ensure!(
			!BySubject::<T>::contains_key(accusation.subject),
			Error::<T>::AlreadyDisputed
		);
		Self::ensure_in_window(&accusation, receipt.created_at)?;
		Self::ensure_bonded(netuid, &accusation)?;
		Self::ensure_room(&challenger)?;
		Self::ensure_judged(&challenger, netuid, &accusation, receipt)?;
		let bond = Self::bond_for(u32::try_from(evidence.encoded_size()).unwrap_or(u32::MAX));
		T::Currency::hold(&HoldReason::Challenge.into(), &challenger, bond)?;
		T::Bonds::freeze(netuid, &accusation.accused)?;
		Self::store(challenger, netuid, profile, accusation, evidence, bond);
		Ok(())
	}

	fn store(
		challenger: AccountId32,
		netuid: NetUid,
		profile: ProfileSummary,
		accusation: Accusation,
		evidence: AnswerEvidence,
		bond: Balance,
	) {
		let id = NextDispute::<T>::mutate(|next| core::mem::replace(next, next.saturating_add(1)));
		let dispute = Dispute {
			netuid,
			subject: accusation.subject,
			profile: evidence.receipt.receipt.profile,
			lane: profile.lane,
			layers: profile.layers,
			limit: profile.thresholds.margin_hard,
			claim: accusation.claim,
			challenger,
			accused: accusation.accused,
			named: accusation.named,
			role: accusation.role,
			bond,
			opened_at: Self::now(),
			stage: Stage::Answering,
			deadline: 0,
			bisection: None,
			draws: 0,
			draw_from: T::Epochs::epoch(netuid),
			committee: BoundedVec::new(),
		};
		EvidenceOf::<T>::insert(id, evidence);
		BySubject::<T>::insert(dispute.subject, id);
		Self::count_accused(&dispute, true);
		Self::count_challenge(&dispute.challenger, true);
		Self::deposit_event(Event::Opened {
			id,
			netuid,
			accused: dispute.accused.clone(),
			challenger: dispute.challenger.clone(),
			claim: dispute.claim,
			bond,
		});
		match dispute.claim {
			Claim::Margin { .. } => Self::begin_stage(id, dispute, Stage::Answering),
			_ => Self::to_committee(id, dispute),
		}
	}
}
