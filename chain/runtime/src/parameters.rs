//! What differs between presets: every duration, price and limit as storage that is set at genesis and never changed
//! after, so that one wasm serves every network. Pallets see them as plain `Get`s.

use frame_support::parameter_types;
use ganglion_primitives::{proportion, Balance, BlockNumber, EpochIndex, GNG};

parameter_types! {
	/// Milliseconds of a slot.
	pub storage SlotDuration: u64 = 6_000;
	/// Blocks of a session: authorities and their keys change only between sessions.
	pub storage SessionLength: BlockNumber = 600;
	/// Least balance that keeps an account alive, nano.
	pub storage ExistentialDeposit: Balance = 1_000;
	/// Reward of a slot of 12 s before halvings, nano; a block gets its slot's part.
	pub storage RewardPer12Seconds: Balance = GNG;
	/// Lowest lock for a new subnet, nano.
	pub storage MinLock: Balance = 1_000 * GNG;
	/// Blocks in which the lock price falls from its last value to zero (it stops at the lowest lock).
	pub storage LockDecayInterval: BlockNumber = 100_800;
	/// Subnets that can exist.
	pub storage MaxSubnets: u16 = 1_024;
	/// Blocks after its creation before which a subnet can't be started.
	pub storage StartDelay: BlockNumber = 0;
	/// Blocks after its creation in which a subnet is not pruned.
	pub storage NetworkImmunity: BlockNumber = 2_592_000;
	/// Blocks before an epoch in which owners change nothing that it reads; a fifth of the tempo where that is shorter.
	pub storage FreezeWindow: BlockNumber = 10;
	/// Blocks between two changes of a subnet's owner hotkey.
	pub storage OwnerHotkeyInterval: BlockNumber = 50_400;
	/// Blocks between two trimmings of a subnet by its owner.
	pub storage TrimInterval: BlockNumber = 216_000;
	/// First registration price of a new subnet, nano.
	pub storage InitialRegistrationPrice: Balance = GNG;
	/// Epochs between unstaking and withdrawal.
	pub storage UnbondingEpochs: EpochIndex = 20;
	/// Least amount that can be staked, nano.
	pub storage MinStake: Balance = 2_000_000;
	/// Part of a subnet's emission that its owner gets, 65,535 = 1.0.
	pub storage OwnerCut: u16 = 11_796;
	/// Highest and default take, 65,535 = 1.0.
	pub storage MaxTake: u16 = 11_796;
	/// Most ballots of the root vote.
	pub storage RootVoters: u32 = 64;
	/// Blocks between two tallies of it.
	pub storage RootTempo: BlockNumber = 360;
	/// Blocks between two ballots of one hotkey.
	pub storage RootVoteRateLimit: BlockNumber = 100;
	/// Most of a tally's period that goes by burned fees, 65,535 = 1.0.
	pub storage RootFeeShare: u16 = 13_107;
	/// A reporter's part of a slash, 65,535 = 1.0.
	pub storage SlashToReporter: u16 = 19_660;
	/// The part of a slash that the subnet's next epoch pays, 65,535 = 1.0; the rest is burned.
	pub storage SlashToPool: u16 = 13_107;
	/// What nominators of a pool can lose in one epoch, 65,535 = all.
	pub storage MaxNominatorSlash: u16 = 13_107;
	/// The part of its bond that a validator loses when it keeps back the evidence of its weights, 65,535 = 1.0.
	pub storage AuditMissPart: u16 = 6_553;
	/// Deposit of a registered model profile, nano.
	pub storage ProfileDeposit: Balance = 10 * GNG;
	/// And for each byte of it, nano.
	pub storage ProfileByteDeposit: Balance = GNG / 1_000;
	/// Least bond of a hotkey that serves a profile, nano.
	pub storage MinServeBond: Balance = 20 * GNG;
	/// Least bond of a hotkey that audits a profile, nano.
	pub storage MinAuditBond: Balance = 100 * GNG;
	/// Unpaused blocks for which a bond stays after its declaration is retired: longer than any dispute.
	pub storage BondRelease: BlockNumber = 100_800;
	/// Unpaused blocks after the anchor of its receipt at which an answer is final.
	pub storage ChallengePeriod: BlockNumber = 28_810;
	/// Unpaused blocks for which an anchor of receipts is kept.
	pub storage AnchorLife: BlockNumber = 432_000;
	/// Least bond of who opens a dispute, nano. What the least accused loses is more: else nobody would accuse it.
	pub storage ChallengerBond: Balance = 5 * GNG;
	/// Part of the bond that whoever is found wrong in a dispute loses, 65,535 = 1.0.
	pub storage DisputePart: u16 = 32_767;
	/// Unpaused blocks for each move in a dispute.
	pub storage DisputeMove: BlockNumber = 600;
	/// Unpaused blocks in which a dispute's committee must have been drawn; four of the subnet's tempos where that is more.
	pub storage DisputeDraw: BlockNumber = 2_160;
	/// Unpaused blocks in which the committee votes.
	pub storage DisputeVote: BlockNumber = 1_200;
	/// Milliseconds for which a receipt can be disputed.
	pub storage DisputeWindow: u64 = 172_800_000;
	/// Fewest auditors among whom a dispute's committee is drawn.
	pub storage MinCommittee: u32 = 3;
	/// Blocks between two increases of a take.
	pub storage TakeIncreaseInterval: BlockNumber = 216_000;
	/// Full epochs of a subnet after which a change of children comes.
	pub storage ChildrenCooldown: EpochIndex = 2;
	/// Least that a child gets of a pool when it is set, nano.
	pub storage MinContribution: Balance = 100 * GNG;
	/// Blocks between two changes of a hotkey's children in a subnet.
	pub storage ChildrenInterval: BlockNumber = 150;
	/// Epochs that one block runs at most.
	pub storage MaxEpochsPerBlock: u32 = 2;
	/// Unpaused blocks in which voters vote, on referenda and in elections.
	pub storage VotingPeriod: BlockNumber = 43_200;
	/// Unpaused blocks between the approval of a referendum and its enactment.
	pub storage EnactmentDelay: BlockNumber = 14_400;
	/// Unpaused blocks between two elections of the council.
	pub storage CouncilTerm: BlockNumber = 864_000;
	/// Blocks in which the council and the guardians vote on a motion.
	pub storage MotionDuration: BlockNumber = 43_200;
	/// Unpaused blocks until locked stake has votes: one unbonding period.
	pub storage LockAge: BlockNumber = 7_560;
	/// Fewest nano that a voter locks in all.
	pub storage MinVoterStake: Balance = 100 * GNG;
	/// Fewest voters that can decide anything.
	pub storage MinVoters: u32 = 5;
	/// Least part of everything issued that they must have locked, 65,535 = 1.0.
	pub storage MinElectorate: u16 = 655;
	/// Least deposit of a candidate for the council, nano.
	pub storage CandidateDeposit: Balance = 100 * GNG;
	/// Longest pause, blocks: 24 hours at most. The cool-down after each is as long.
	pub storage MaxPause: BlockNumber = 14_400;
	/// What announcing a coldkey swap burns, nano.
	pub storage ColdkeySwapCost: Balance = GNG / 10;
	/// Unpaused blocks between the announcement of a coldkey swap and its execution.
	pub storage ColdkeySwapDelay: BlockNumber = 72_000;
	/// Unpaused blocks in which an announced coldkey swap can't be cancelled.
	pub storage ColdkeyReannounceDelay: BlockNumber = 14_400;
	/// Unpaused blocks in which a disputed coldkey swap has to be decided.
	pub storage ColdkeyDisputePeriod: BlockNumber = 201_600;
	/// What swapping a hotkey in all subnets burns, nano.
	pub storage HotkeySwapCost: Balance = GNG / 10;
	/// What swapping a hotkey in one subnet burns, nano.
	pub storage HotkeySwapCostInSubnet: Balance = GNG / 1_000;
	/// Unpaused blocks between two hotkey swaps of one coldkey.
	pub storage HotkeySwapInterval: BlockNumber = 14_400;
}

/// Genesis only: writes the parameters. No calls, no events, no storage of its own.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// What no pallet can check alone.
		#[cfg(feature = "try-runtime")]
		type Conservation: frame_support::traits::TryState<frame_system::pallet_prelude::BlockNumberFor<Self>>;
	}

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::hooks]
	impl<T: Config> Hooks<frame_system::pallet_prelude::BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(
			block: frame_system::pallet_prelude::BlockNumberFor<T>,
		) -> Result<(), sp_runtime::TryRuntimeError> {
			use frame_support::traits::TryState;
			T::Conservation::try_state(block, frame_support::traits::TryStateSelect::All)
		}
	}

	/// Parameters of a preset; see the storage items of the same names.
	#[pallet::genesis_config]
	#[derive(frame_support::DebugNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Milliseconds.
		pub slot_duration: u64,
		/// Blocks.
		pub session_length: BlockNumber,
		/// Nano.
		pub existential_deposit: Balance,
		/// Nano.
		pub reward_per12_seconds: Balance,
		/// Nano.
		pub min_lock: Balance,
		/// Blocks.
		pub lock_decay_interval: BlockNumber,
		/// Subnets.
		pub max_subnets: u16,
		/// Blocks.
		pub start_delay: BlockNumber,
		/// Blocks.
		pub network_immunity: BlockNumber,
		/// Blocks.
		pub freeze_window: BlockNumber,
		/// Blocks.
		pub owner_hotkey_interval: BlockNumber,
		/// Blocks.
		pub trim_interval: BlockNumber,
		/// Nano.
		pub initial_registration_price: Balance,
		/// Epochs.
		pub unbonding_epochs: EpochIndex,
		/// Nano.
		pub min_stake: Balance,
		/// 65,535 = 1.0.
		pub owner_cut: u16,
		/// 65,535 = 1.0.
		pub max_take: u16,
		/// Ballots.
		pub root_voters: u32,
		/// Blocks.
		pub root_tempo: BlockNumber,
		/// Blocks.
		pub root_vote_rate_limit: BlockNumber,
		/// 65,535 = 1.0.
		pub root_fee_share: u16,
		/// 65,535 = 1.0.
		pub slash_to_reporter: u16,
		/// 65,535 = 1.0.
		pub slash_to_pool: u16,
		/// 65,535 = all.
		pub max_nominator_slash: u16,
		/// 65,535 = 1.0.
		pub audit_miss_part: u16,
		/// Nano.
		pub profile_deposit: Balance,
		/// Nano.
		pub profile_byte_deposit: Balance,
		/// Nano.
		pub min_serve_bond: Balance,
		/// Nano.
		pub min_audit_bond: Balance,
		/// Blocks.
		pub bond_release: BlockNumber,
		/// Blocks.
		pub challenge_period: BlockNumber,
		/// Blocks.
		pub anchor_life: BlockNumber,
		/// Nano.
		pub challenger_bond: Balance,
		/// 65,535 = 1.0.
		pub dispute_part: u16,
		/// Blocks.
		pub dispute_move: BlockNumber,
		/// Blocks.
		pub dispute_draw: BlockNumber,
		/// Blocks.
		pub dispute_vote: BlockNumber,
		/// Milliseconds.
		pub dispute_window: u64,
		/// Members.
		pub min_committee: u32,
		/// Blocks.
		pub take_increase_interval: BlockNumber,
		/// Epochs.
		pub children_cooldown: EpochIndex,
		/// Nano.
		pub min_contribution: Balance,
		/// Blocks.
		pub children_interval: BlockNumber,
		/// Epochs.
		pub max_epochs_per_block: u32,
		/// Blocks.
		pub voting_period: BlockNumber,
		/// Blocks.
		pub enactment_delay: BlockNumber,
		/// Blocks.
		pub council_term: BlockNumber,
		/// Blocks.
		pub motion_duration: BlockNumber,
		/// Blocks.
		pub lock_age: BlockNumber,
		/// Nano.
		pub min_voter_stake: Balance,
		/// Voters.
		pub min_voters: u32,
		/// 65,535 = 1.0.
		pub min_electorate: u16,
		/// Nano.
		pub candidate_deposit: Balance,
		/// Blocks.
		pub max_pause: BlockNumber,
		/// Nano.
		pub coldkey_swap_cost: Balance,
		/// Blocks.
		pub coldkey_swap_delay: BlockNumber,
		/// Blocks.
		pub coldkey_reannounce_delay: BlockNumber,
		/// Blocks.
		pub coldkey_dispute_period: BlockNumber,
		/// Nano.
		pub hotkey_swap_cost: Balance,
		/// Nano.
		pub hotkey_swap_cost_in_subnet: Balance,
		/// Blocks.
		pub hotkey_swap_interval: BlockNumber,
		/// No more fields.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				slot_duration: SlotDuration::get(),
				session_length: SessionLength::get(),
				existential_deposit: ExistentialDeposit::get(),
				reward_per12_seconds: RewardPer12Seconds::get(),
				min_lock: MinLock::get(),
				lock_decay_interval: LockDecayInterval::get(),
				max_subnets: MaxSubnets::get(),
				start_delay: StartDelay::get(),
				network_immunity: NetworkImmunity::get(),
				freeze_window: FreezeWindow::get(),
				owner_hotkey_interval: OwnerHotkeyInterval::get(),
				trim_interval: TrimInterval::get(),
				initial_registration_price: InitialRegistrationPrice::get(),
				unbonding_epochs: UnbondingEpochs::get(),
				min_stake: MinStake::get(),
				owner_cut: OwnerCut::get(),
				max_take: MaxTake::get(),
				root_voters: RootVoters::get(),
				root_tempo: RootTempo::get(),
				root_vote_rate_limit: RootVoteRateLimit::get(),
				root_fee_share: RootFeeShare::get(),
				slash_to_reporter: SlashToReporter::get(),
				slash_to_pool: SlashToPool::get(),
				max_nominator_slash: MaxNominatorSlash::get(),
				audit_miss_part: AuditMissPart::get(),
				profile_deposit: ProfileDeposit::get(),
				profile_byte_deposit: ProfileByteDeposit::get(),
				min_serve_bond: MinServeBond::get(),
				min_audit_bond: MinAuditBond::get(),
				bond_release: BondRelease::get(),
				challenge_period: ChallengePeriod::get(),
				anchor_life: AnchorLife::get(),
				challenger_bond: ChallengerBond::get(),
				dispute_part: DisputePart::get(),
				dispute_move: DisputeMove::get(),
				dispute_draw: DisputeDraw::get(),
				dispute_vote: DisputeVote::get(),
				dispute_window: DisputeWindow::get(),
				min_committee: MinCommittee::get(),
				take_increase_interval: TakeIncreaseInterval::get(),
				children_cooldown: ChildrenCooldown::get(),
				min_contribution: MinContribution::get(),
				children_interval: ChildrenInterval::get(),
				max_epochs_per_block: MaxEpochsPerBlock::get(),
				voting_period: VotingPeriod::get(),
				enactment_delay: EnactmentDelay::get(),
				council_term: CouncilTerm::get(),
				motion_duration: MotionDuration::get(),
				lock_age: LockAge::get(),
				min_voter_stake: MinVoterStake::get(),
				min_voters: MinVoters::get(),
				min_electorate: MinElectorate::get(),
				candidate_deposit: CandidateDeposit::get(),
				max_pause: MaxPause::get(),
				coldkey_swap_cost: ColdkeySwapCost::get(),
				coldkey_swap_delay: ColdkeySwapDelay::get(),
				coldkey_reannounce_delay: ColdkeyReannounceDelay::get(),
				coldkey_dispute_period: ColdkeyDisputePeriod::get(),
				hotkey_swap_cost: HotkeySwapCost::get(),
				hotkey_swap_cost_in_subnet: HotkeySwapCostInSubnet::get(),
				hotkey_swap_interval: HotkeySwapInterval::get(),
				_config: PhantomData,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.slot_duration >= 100, "a slot lasts at least 100 ms");
			assert!(self.existential_deposit > 0, "the existential deposit is above zero");
			assert!(self.session_length > 0, "a session has at least one block");
			SlotDuration::set(&self.slot_duration);
			SessionLength::set(&self.session_length);
			ExistentialDeposit::set(&self.existential_deposit);
			RewardPer12Seconds::set(&self.reward_per12_seconds);
			MinLock::set(&self.min_lock);
			LockDecayInterval::set(&self.lock_decay_interval);
			MaxSubnets::set(&self.max_subnets);
			StartDelay::set(&self.start_delay);
			NetworkImmunity::set(&self.network_immunity);
			FreezeWindow::set(&self.freeze_window);
			OwnerHotkeyInterval::set(&self.owner_hotkey_interval);
			TrimInterval::set(&self.trim_interval);
			InitialRegistrationPrice::set(&self.initial_registration_price);
			UnbondingEpochs::set(&self.unbonding_epochs);
			MinStake::set(&self.min_stake);
			OwnerCut::set(&self.owner_cut);
			MaxTake::set(&self.max_take);
			assert!(
				u32::from(self.slash_to_reporter).saturating_add(self.slash_to_pool.into()) <= u16::MAX.into(),
				"a slash has no more than one whole"
			);
			assert!(self.root_tempo > 0, "tallies are blocks apart");
			RootVoters::set(&self.root_voters);
			RootTempo::set(&self.root_tempo);
			RootVoteRateLimit::set(&self.root_vote_rate_limit);
			RootFeeShare::set(&self.root_fee_share);
			SlashToReporter::set(&self.slash_to_reporter);
			SlashToPool::set(&self.slash_to_pool);
			MaxNominatorSlash::set(&self.max_nominator_slash);
			AuditMissPart::set(&self.audit_miss_part);
			TakeIncreaseInterval::set(&self.take_increase_interval);
			ChildrenCooldown::set(&self.children_cooldown);
			MinContribution::set(&self.min_contribution);
			ChildrenInterval::set(&self.children_interval);
			MaxEpochsPerBlock::set(&self.max_epochs_per_block);
			self.set_models();
			self.set_disputes();
			self.set_governance();
		}
	}

	impl<T: Config> GenesisConfig<T> {
		fn set_models(&self) {
			assert!(self.bond_release > 0, "a bond outlives its declaration");
			ProfileDeposit::set(&self.profile_deposit);
			ProfileByteDeposit::set(&self.profile_byte_deposit);
			MinServeBond::set(&self.min_serve_bond);
			MinAuditBond::set(&self.min_audit_bond);
			BondRelease::set(&self.bond_release);
			assert!(
				self.anchor_life > self.challenge_period,
				"an anchor outlives the time in which its answers can be disputed"
			);
			ChallengePeriod::set(&self.challenge_period);
			AnchorLife::set(&self.anchor_life);
		}

		fn set_disputes(&self) {
			let release = u64::from(self.bond_release).saturating_mul(self.slot_duration);
			assert!(
				self.dispute_window <= release,
				"a bond is there as long as its answers can be disputed"
			);
			let challenge = u64::from(self.challenge_period).saturating_mul(self.slot_duration);
			assert!(
				challenge >= self.dispute_window.saturating_add(pallet_disputes::SKEW),
				"what is final can't be disputed any more"
			);
			let periods = [self.dispute_move, self.dispute_draw, self.dispute_vote];
			assert!(periods.iter().all(|blocks| *blocks > 0), "everybody gets his turn");
			assert!(self.min_committee > 0, "somebody decides");
			let least = self.min_serve_bond.min(self.min_audit_bond);
			assert!(
				self.challenger_bond <= proportion(least, self.dispute_part),
				"whoever accuses risks no more than what the accused loses"
			);
			ChallengerBond::set(&self.challenger_bond);
			DisputePart::set(&self.dispute_part);
			DisputeMove::set(&self.dispute_move);
			DisputeDraw::set(&self.dispute_draw);
			DisputeVote::set(&self.dispute_vote);
			DisputeWindow::set(&self.dispute_window);
			MinCommittee::set(&self.min_committee);
		}

		fn set_governance(&self) {
			let pause = u64::from(self.max_pause).saturating_mul(self.slot_duration);
			assert!(pause <= 24 * 60 * 60 * 1_000, "a pause lasts at most 24 hours");
			assert!(self.max_pause > 0, "guardians can pause");
			assert!(self.enactment_delay > 0, "a decision is enacted after it is made");
			assert!(
				self.council_term > self.voting_period,
				"an election ends before the next begins"
			);
			VotingPeriod::set(&self.voting_period);
			EnactmentDelay::set(&self.enactment_delay);
			CouncilTerm::set(&self.council_term);
			MotionDuration::set(&self.motion_duration);
			LockAge::set(&self.lock_age);
			MinVoterStake::set(&self.min_voter_stake);
			MinVoters::set(&self.min_voters);
			MinElectorate::set(&self.min_electorate);
			CandidateDeposit::set(&self.candidate_deposit);
			MaxPause::set(&self.max_pause);
			ColdkeySwapCost::set(&self.coldkey_swap_cost);
			ColdkeySwapDelay::set(&self.coldkey_swap_delay);
			ColdkeyReannounceDelay::set(&self.coldkey_reannounce_delay);
			ColdkeyDisputePeriod::set(&self.coldkey_dispute_period);
			HotkeySwapCost::set(&self.hotkey_swap_cost);
			HotkeySwapCostInSubnet::set(&self.hotkey_swap_cost_in_subnet);
			HotkeySwapInterval::set(&self.hotkey_swap_interval);
		}
	}
}
