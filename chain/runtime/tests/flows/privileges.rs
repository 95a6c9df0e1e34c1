//! The table of privileges is complete: every call of the metadata is dispatched with every origin.

use crate::common::{key, Chain};
use codec::Decode;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use frame_support::{
	instances::{Instance1, Instance2},
	traits::UnfilteredDispatchable,
};
use ganglion_runtime::{
	privileges::{By, TABLE},
	AccountId, Runtime, RuntimeCall, RuntimeOrigin,
};
use pallet_collective::RawOrigin;
use scale_info::TypeDef;
use sp_runtime::{traits::TrailingZeroInput, DispatchError};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Index, name and calls, with theirs.
type PalletCalls = (u8, String, Vec<(u8, String)>);

/// Index and name of each call by pallet.
fn calls(chain: &mut Chain) -> Vec<PalletCalls> {
	let RuntimeMetadataPrefixed(_, RuntimeMetadata::V14(metadata)) = chain.read(Runtime::metadata) else {
		panic!("not version 14")
	};
	let of = |kind: &TypeDef<scale_info::form::PortableForm>| match kind {
		TypeDef::Variant(all) => all.variants.iter().map(|one| (one.index, one.name.clone())).collect(),
		other => panic!("{other:?}"),
	};
	metadata
		.pallets
		.iter()
		.filter_map(|pallet| {
			let kind = metadata.types.resolve(pallet.calls.as_ref()?.ty.id).unwrap();
			Some((pallet.index, pallet.name.clone(), of(&kind.type_def)))
		})
		.collect()
}

fn council(yes: u32) -> RuntimeOrigin {
	RawOrigin::<AccountId, Instance1>::Members(yes, 5).into()
}

fn guardians(yes: u32) -> RuntimeOrigin {
	RawOrigin::<AccountId, Instance2>::Members(yes, 5).into()
}

/// Whether an origin gets past a call's check of origins. The arguments are zeros.
fn passes(chain: &mut Chain, call: &RuntimeCall, origin: RuntimeOrigin) -> bool {
	let call = call.clone();
	// Some calls of inherents panic on nonsense: past the check, too.
	let dispatched = chain.read(|| catch_unwind(AssertUnwindSafe(|| call.dispatch_bypass_filter(origin))));
	dispatched.map_or(true, |result| {
		result.map_err(|failed| failed.error) != Err(DispatchError::BadOrigin)
	})
}

/// Who can make a call, as far as origins tell; whether any account can.
fn probed(chain: &mut Chain, call: &RuntimeCall) -> (Vec<By>, bool) {
	let mut by = vec![];
	let probes = [
		(By::Root, RuntimeOrigin::root()),
		(By::Council, council(3)),
		(By::CouncilUnity, council(4)),
		(By::Guardians, guardians(3)),
		(By::Unsigned, RuntimeOrigin::none()),
	];
	for (who, origin) in probes {
		if passes(chain, call, origin) && !(who == By::CouncilUnity && by.contains(&By::Council)) {
			by.push(who);
		}
	}
	// Fewer than a majority, or all of another collective, are nobody.
	for minority in [
		council(2),
		guardians(2),
		RawOrigin::<AccountId, Instance1>::Member(key("Alice").id).into(),
	] {
		let (any, whole) = (
			passes(chain, call, minority),
			by.contains(&By::Council) && by.contains(&By::Guardians),
		);
		assert!(!any || whole, "{call:?}: a minority can make it");
	}
	(by, passes(chain, call, RuntimeOrigin::signed(key("a stranger").id)))
}

/// What the table says of a call, as a probe sees it.
fn written(pallet: &str, call: &str) -> Option<&'static [By]> {
	let calls = TABLE.iter().find(|(name, _)| *name == pallet)?.1;
	calls.iter().find(|(name, _)| *name == call).map(|(_, by)| *by)
}

fn expected(row: Option<&[By]>) -> Vec<By> {
	let seen = |by: &By| match by {
		By::BlockAuthor => Some(By::Unsigned),
		// Accounts by name: they sign.
		By::CouncilMember | By::Guardian | By::SudoKey | By::Nobody => None,
		by => Some(*by),
	};
	row.unwrap_or_default().iter().filter_map(seen).collect()
}

#[test]
fn the_table_is_what_every_call_answers() {
	let mut chain = Chain::development();
	let (mut wrong, mut count) = (vec![], 0);
	for (index, pallet, calls) in calls(&mut chain) {
		for (call_index, name) in calls {
			count += 1;
			let row = written(&pallet, &name);
			let bytes = [index, call_index];
			let Ok(call) = RuntimeCall::decode(&mut TrailingZeroInput::new(&bytes)) else {
				// No value of its arguments exists.
				if row != Some(&[By::Nobody]) {
					wrong.push(format!("(\"{pallet}\", \"{name}\"): Nobody"));
				}
				continue;
			};
			let (by, anybody) = probed(&mut chain, &call);
			if row == Some(&[By::Anyone]) {
				assert!(anybody, "{pallet}.{name}");
				continue;
			}
			if by != expected(row) || (by.is_empty() && !anybody && row.is_none()) {
				wrong.push(format!(
					"(\"{pallet}\", \"{name}\"): {by:?}, signed {anybody}; written {row:?}"
				));
			}
		}
	}
	assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
	assert!(count > 100, "{count} calls were probed");
}

#[test]
fn the_table_names_no_call_that_does_not_exist() {
	let all = calls(&mut Chain::development());
	for (pallet, rows) in TABLE {
		let (_, _, calls) = all.iter().find(|(_, name, _)| name == pallet).unwrap();
		for (row, by) in *rows {
			assert!(calls.iter().any(|(_, name)| name == row), "{pallet}.{row}");
			assert!(!by.is_empty(), "{pallet}.{row}");
		}
	}
}

/// Accounts by name: the origin is a signature, and the pallet asks who signed.
#[test]
fn a_stranger_has_none_of_the_named_accounts_powers() {
	let mut chain = Chain::development();
	for (index, pallet, calls) in calls(&mut chain) {
		for (call_index, name) in calls {
			let named = written(&pallet, &name).is_some_and(|by| {
				by.iter()
					.any(|by| matches!(by, By::CouncilMember | By::Guardian | By::SudoKey | By::Nobody))
			});
			if !named {
				continue;
			}
			let Ok(call) = RuntimeCall::decode(&mut TrailingZeroInput::new(&[index, call_index])) else {
				continue;
			};
			let stranger = RuntimeOrigin::signed(key("a stranger").id);
			let result = chain.read(|| call.dispatch_bypass_filter(stranger));
			assert!(result.is_err(), "{pallet}.{name}");
		}
	}
}
