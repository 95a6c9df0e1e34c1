//! # Runtime APIs
//!
//! What clients ask the chain without a transaction. Answers about many neurons are columnar: one vector per column,
//! index = uid, money as u64 nano.

#![cfg_attr(not(feature = "std"), no_std)]
// `decl_runtime_apis` generates items without documentation and repeats bounds.
#![allow(missing_docs, clippy::multiple_bound_locations)]

extern crate alloc;

use alloc::vec::Vec;
use codec::Codec;
use ganglion_primitives::{
	Balance, BlockNumber, ColdkeySwap, CommitmentColumns, CommitmentFields, DeclarationColumns, DisputeDetail,
	DisputeId, DissolvingSubnet, EmissionSummary, Endpoint, EpochIndex, EpochReport, Explanation, Exposure, Family,
	FiledEvidence, Inclusion, MechanismColumns, MechanismId, Metagraph, ModelTerms, NetUid, OwnerLimit, Position,
	ProfileDetails, ProfileId, ProfileNumber, ProfileSpec, RowFlaw, SignedReceipt, SubnetIdentity, SubnetSummary, Uid,
	VerdictRows,
};
use ganglion_yuma::{EpochInput, EpochOutput};
use sp_core::H256;

/// A weight or bond row: (uid, entries).
pub type Row = (u16, Vec<(u16, u16)>);
/// An open commitment: (hash, epoch of the commitment, block of it, epoch in which it can be revealed).
pub type OpenCommit = (H256, EpochIndex, BlockNumber, EpochIndex);

/// Weights that verdict rows give, (uids, values), or why they give none.
pub type WeightsOf = Result<(Vec<u16>, Vec<u16>), RowFlaw>;

/// A call that not every account can make, and who can: pallet, call, origins.
pub type Privilege = (Vec<u8>, Vec<u8>, Vec<Vec<u8>>);
/// The clock of deadlines: unpaused blocks, last block of the pause that goes on, unpaused block from which on guardians
/// can pause again.
pub type GovernanceClock = (BlockNumber, Option<BlockNumber>, BlockNumber);

/// A root voter: (hotkey, stake in nano, weights over subnets, block of the vote).
pub type BallotLine<AccountId> = (AccountId, Balance, Vec<(NetUid, u16)>, BlockNumber);

sp_api::decl_runtime_apis! {
	/// Subnets and what joining them costs.
	pub trait SubnetsApi<AccountId: Codec> {
		/// All subnets, ascending.
		fn subnets() -> Vec<SubnetSummary<AccountId>>;
		/// One subnet.
		fn subnet(netuid: NetUid) -> Option<SubnetSummary<AccountId>>;
		/// Lock that a new subnet costs now, nano.
		fn lock_price() -> u64;
		/// Price of a registration now, nano.
		fn registration_price(netuid: NetUid) -> Option<u64>;
		/// What a subnet says of itself.
		fn identity(netuid: NetUid) -> Option<SubnetIdentity>;
		/// The subnet that has this name.
		fn subnet_by_name(name: Vec<u8>) -> Option<NetUid>;
		/// When the owner can set each hyperparameter next, in their order, then do what else is limited.
		fn owner_limits(netuid: NetUid) -> Option<Vec<OwnerLimit>>;
		/// Subnets that are being dissolved, in the order in which they will be gone.
		fn dissolving() -> Vec<DissolvingSubnet<AccountId>>;
	}

	/// Neurons of a subnet.
	pub trait MetagraphApi<AccountId: Codec> {
		/// All columns of a subnet.
		fn metagraph(netuid: NetUid) -> Option<Metagraph<AccountId>>;
		/// Where a registered hotkey serves, with its published keys.
		fn endpoint(netuid: NetUid, hotkey: AccountId) -> Option<Endpoint>;
	}

	/// Stake.
	pub trait StakingApi<AccountId: Codec> {
		/// Everything that a coldkey holds in pools.
		fn positions(coldkey: AccountId) -> Vec<Position<AccountId>>;
		/// Value of every pool of a subnet, by hotkey, nano.
		fn pools(netuid: NetUid) -> Vec<(AccountId, Balance)>;
		/// What delegating `amount` nano to a hotkey in a subnet risks.
		fn exposure(netuid: NetUid, hotkey: AccountId, amount: Balance) -> Exposure;
		/// Nano in all pools of a hotkey.
		fn total_stake(hotkey: AccountId) -> Balance;
		/// Take of a hotkey, 65,535 = 1.0.
		fn take(hotkey: AccountId) -> u16;
	}

	/// How emission is split over subnets.
	pub trait RootVoteApi<AccountId: Codec> {
		/// All ballots, most stake first: (hotkey, stake in nano at the last tally, weights over subnets, block of the vote).
		fn ballots() -> Vec<BallotLine<AccountId>>;
		/// What the last tally found: (subnet, nano of a period by the vote, nano by burned fees). Empty: equal parts.
		fn shares() -> Vec<(NetUid, u64, u64)>;
		/// Block of the next tally, if nothing is paused meanwhile, and blocks between two.
		fn next_tally() -> (BlockNumber, BlockNumber);
	}

	/// Stake that votes through other hotkeys, and pay that is staked.
	pub trait DelegationApi<AccountId: Codec> {
		/// A hotkey's children and parents.
		fn family(netuid: NetUid, hotkey: AccountId) -> Family<AccountId>;
		/// The hotkey in whose pool the pay of a coldkey's miners is staked.
		fn auto_stake(netuid: NetUid, coldkey: AccountId) -> Option<AccountId>;
	}

	/// Weights, bonds and open commitments.
	pub trait WeightsApi<AccountId: Codec> {
		/// Weight rows of a mechanism, ascending by uid.
		fn weights(netuid: NetUid, mechanism: MechanismId) -> Vec<Row>;
		/// Bond rows of a mechanism, ascending by uid.
		fn bonds(netuid: NetUid, mechanism: MechanismId) -> Vec<Row>;
		/// Commitments of a hotkey that are not yet revealed or missed.
		fn open_commits(netuid: NetUid, mechanism: MechanismId, hotkey: AccountId) -> Vec<OpenCommit>;
		/// Commitments that the occupant of each slot let pass without a reveal; index = uid.
		fn missed_commits(netuid: NetUid, mechanism: MechanismId) -> Vec<u32>;
	}

	/// Evidence behind weights, and the randomness made of it.
	pub trait AuditsApi<AccountId: Codec> {
		/// Weights that verdict rows of a validator give: (uids, values), as its reveal is held to them. None where it has no slot.
		fn weights_of(netuid: NetUid, hotkey: AccountId, rows: VerdictRows) -> Option<WeightsOf>;
		/// Evidence that validators filed with commitments of an epoch; kept for 32 epochs.
		fn filed(netuid: NetUid, epoch: EpochIndex) -> Vec<(AccountId, FiledEvidence<AccountId>)>;
		/// Randomness by the epoch whose draws it serves, oldest first.
		fn randomness(netuid: NetUid) -> Vec<(EpochIndex, H256)>;
		/// Hash of the secret that a validator's next evidence has to reveal; None where it owes none.
		fn announced(netuid: NetUid, hotkey: AccountId) -> Option<H256>;
	}

	/// What is emitted, and why a slot was paid what it was.
	pub trait EmissionsApi<AccountId: Codec> {
		/// Emission of the whole network.
		fn summary() -> EmissionSummary;
		/// Money of a subnet's last epoch: what it could pay (gross) and to whom it went.
		fn report(netuid: NetUid) -> Option<EpochReport>;
		/// Emission that waits for a subnet's next epoch, nano.
		fn pending(netuid: NetUid) -> u64;
		/// Block of a subnet's next epoch, if nothing is paused meanwhile.
		fn next_epoch_block(netuid: NetUid) -> Option<BlockNumber>;
		/// Columns of a mechanism in the last epoch.
		fn mechanism(netuid: NetUid, mechanism: MechanismId) -> Option<MechanismColumns>;
		/// Why a slot was paid what it was in the last epoch; nothing where its occupant came after it.
		fn explain(netuid: NetUid, uid: Uid) -> Option<Explanation<AccountId>>;
	}

	/// Who decides, and who can do what.
	pub trait GovernanceApi<AccountId: Codec> {
		/// Every call that not every account can make.
		fn privileges() -> Vec<Privilege>;
		/// Coldkeys with locked stake: nano locked, and nano that would count in a snapshot taken now; the largest first.
		fn voters() -> Vec<(AccountId, Balance, Balance)>;
		/// Nano that a snapshot needs in all so that anything can be decided, and how many voters.
		fn least_electorate() -> (Balance, u32);
		/// The clock of deadlines, and pauses.
		fn clock() -> GovernanceClock;
	}

	/// Keys: what a coldkey owns, and its announced swap.
	pub trait KeysApi<AccountId: Codec> {
		/// Hotkeys that a coldkey owns.
		fn owned_hotkeys(coldkey: AccountId) -> Vec<AccountId>;
		/// The announced swap of a coldkey.
		fn coldkey_swap(coldkey: AccountId) -> Option<ColdkeySwap<AccountId, H256>>;
	}

	/// Model profiles, who serves and audits them, and the bonds behind that.
	pub trait ModelsApi<AccountId: Codec> {
		/// Identity that a profile with these contents has.
		fn profile_id(spec: ProfileSpec) -> ProfileId;
		/// A registered profile.
		fn profile(id: ProfileId) -> Option<ProfileDetails<AccountId>>;
		/// A registered profile by its number.
		fn profile_by_number(number: ProfileNumber) -> Option<ProfileDetails<AccountId>>;
		/// Registered profiles from a number on, ascending; at most 32.
		fn profiles(from: ProfileNumber, limit: u32) -> Vec<ProfileDetails<AccountId>>;
		/// What hotkeys of a subnet declared, ascending by hotkey.
		fn declarations(netuid: NetUid) -> DeclarationColumns<AccountId>;
		/// Accusations that hold a hotkey's bond, and what a slash can take of its bonds to serve and to audit, nano.
		fn standing(netuid: NetUid, hotkey: AccountId) -> (u32, Balance, Balance);
		/// What registering and declaring cost.
		fn terms() -> ModelTerms;
	}

	/// Anchors of receipts, and what is under them.
	pub trait ReceiptsApi<AccountId: Codec> {
		/// All anchors of a root that this receipt is under, by its leaf's index and its proof; those of its parties first. The
		/// receipt's signatures are the caller's to verify.
		fn inclusion(receipt: SignedReceipt, root: H256, index: u32, proof: Vec<H256>) -> Vec<Inclusion<AccountId>>;
		/// Anchors that a hotkey can still set free of charge, and the block in which its quota is full again.
		fn quota(netuid: NetUid, hotkey: AccountId) -> Option<(u32, BlockNumber)>;
		/// Batches that a hotkey anchored, receipts in them, and the block of the last one.
		fn totals(netuid: NetUid, hotkey: AccountId) -> Option<(u32, u64, BlockNumber)>;
	}

	/// Disputes about answers and verdicts.
	pub trait DisputesApi<AccountId: Codec> {
		/// Open disputes without their evidence, ascending by number.
		fn open_disputes() -> Vec<DisputeDetail<AccountId>>;
		/// Disputes that have ended within the window, the latest first; at most 256.
		fn ended_disputes(limit: u32) -> Vec<DisputeDetail<AccountId>>;
		/// One dispute, with its evidence while it is open.
		fn dispute(id: DisputeId) -> Option<DisputeDetail<AccountId>>;
		/// The open dispute in a subnet about a receipt, by blake2b-256 of its bytes without the signature.
		fn about(netuid: NetUid, receipt: H256) -> Option<DisputeId>;
		/// Open disputes in which something is awaited of the account: a party's move or a member's vote.
		fn awaiting(account: AccountId) -> Vec<DisputeId>;
		/// What a challenger has to put down now for so many bytes of evidence, nano.
		fn bond_for(bytes: u32) -> Balance;
	}

	/// What hotkeys commit to.
	pub trait CommitmentsApi<AccountId: Codec> {
		/// Commitments of a subnet's present neurons, ascending by uid.
		fn commitments(netuid: NetUid) -> CommitmentColumns<AccountId>;
		/// What a registered hotkey committed to, with the block of the last change.
		fn commitment(netuid: NetUid, hotkey: AccountId) -> Option<(BlockNumber, CommitmentFields)>;
	}

	/// The consensus function itself.
	pub trait YumaApi {
		/// Run one epoch over given values; nothing is read from or written to the chain.
		fn run_epoch(input: EpochInput) -> EpochOutput;
	}
}
