//! Endpoints, and that serving is free exactly when it succeeds.

use super::*;
use crate::{Call, Endpoints};
use frame_support::{assert_noop, assert_ok, dispatch::CheckIfFeeless};
use ganglion_primitives::{Endpoint, EndpointKey, KeyKind};
use proptest::prelude::*;
use sp_runtime::{traits::Dispatchable, DispatchError};

fn endpoint(family: u8, ip: u128, port: u16) -> Endpoint {
	Endpoint {
		family,
		ip,
		port,
		protocol: 0,
		keys: Default::default(),
	}
}

fn with_miner(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		register(ALICE, 200).unwrap();
		test();
	});
}

fn serve(who: u64) -> sp_runtime::DispatchResult {
	Neurons::serve(signed(who), NETUID, endpoint(4, 1, 80))
}

#[test]
fn a_registered_hotkey_serves() {
	with_miner(|| {
		let mut published = endpoint(6, u128::MAX, 443);
		let key = EndpointKey {
			kind: KeyKind::Hpke,
			bytes: vec![7; 32].try_into().unwrap(),
		};
		published.keys.try_push(key).unwrap();
		assert_ok!(Neurons::serve(signed(200), NETUID, published.clone()));
		assert_eq!(Neurons::endpoint(NETUID, &200), Some(published.clone()));
		System::assert_last_event(
			Event::EndpointServed {
				netuid: NETUID,
				hotkey: 200,
				endpoint: published,
			}
			.into(),
		);
	});
}

#[test]
fn strangers_do_not_serve() {
	with_miner(|| {
		assert_noop!(serve(201), E::NotRegistered);
		assert_noop!(serve(ALICE), E::NotRegistered);
		assert_noop!(
			Neurons::serve(signed(200), NetUid(9), endpoint(4, 1, 80)),
			E::SubnetNotFound
		);
		assert_noop!(Neurons::serve(signed(200), OTHER, endpoint(4, 1, 80)), E::NotRegistered);
		let unsigned = Neurons::serve(RawOrigin::None.into(), NETUID, endpoint(4, 1, 80));
		assert_eq!(unsigned, Err(DispatchError::BadOrigin));
	});
}

#[test]
fn malformed_endpoints_are_refused() {
	with_miner(|| {
		let cases = [
			(5, 1, 80),
			(0, 1, 80),
			(4, 1, 0),
			(6, 1, 0),
			(4, u128::from(u32::MAX) + 1, 80),
		];
		for (family, ip, port) in cases {
			let result = Neurons::serve(signed(200), NETUID, endpoint(family, ip, port));
			assert_noop!(result, E::MalformedEndpoint);
		}
		assert_ok!(Neurons::serve(
			signed(200),
			NETUID,
			endpoint(4, u32::MAX.into(), 65_535)
		));
	});
}

#[test]
fn serving_is_rate_limited() {
	with_miner(|| {
		assert_ok!(serve(200));
		assert_noop!(serve(200), E::ServingRateLimited);
		System::set_block_number(5);
		assert_noop!(serve(200), E::ServingRateLimited);
		System::set_block_number(6);
		assert_ok!(serve(200));
		TheHyperparameters::mutate(|h| h.serving_rate_limit = 0);
		assert_ok!(serve(200));
	});
}

#[test]
fn an_endpoint_of_an_older_registration_is_ignored() {
	with_miner(|| {
		assert_ok!(serve(200));
		Endpoints::<Test>::mutate(NETUID, 200, |info| info.as_mut().unwrap().registered_at = 0);
		assert_eq!(Neurons::endpoint(NETUID, &200), None);
		// Nor does it limit the new registration's rate.
		assert_ok!(serve(200));
		assert!(Neurons::endpoint(NETUID, &200).is_some());
		assert_eq!(Neurons::endpoint(NETUID, &201), None);
	});
}

proptest! {
	/// Free if and only if it succeeds, whoever calls with whatever, whenever.
	#[test]
	fn feeless_means_success(
		who in prop::sample::select(vec![ALICE, OWNER_HOTKEY, 200, 201]),
		netuid in 1..4u16,
		shape in (prop::sample::select(vec![4u8, 5, 6]), prop::sample::select(vec![1u128, 1 << 40]), 0..2u16),
		block in 1..12u32,
		limit in 0..8u32,
		origin in prop::sample::select(vec![0, 1, 1, 1, 1]),
	) {
		with_miner(|| {
			serve(200).unwrap();
			System::set_block_number(block);
			TheHyperparameters::mutate(|h| h.serving_rate_limit = limit);
			let call = Call::<Test>::serve { netuid: NetUid(netuid), endpoint: endpoint(shape.0, shape.1, shape.2) };
			let origin = if origin == 0 { RawOrigin::Root.into() } else { signed(who) };
			let free = call.is_feeless(&origin);
			assert_eq!(RuntimeCall::from(call).dispatch(origin).is_ok(), free);
		});
	}
}

#[test]
fn registration_is_never_free() {
	with_miner(|| {
		let call = Call::<Test>::register {
			netuid: NETUID,
			hotkey: 201,
			max_price: Balance::MAX,
		};
		assert!(!call.is_feeless(&signed(ALICE)));
	});
}
