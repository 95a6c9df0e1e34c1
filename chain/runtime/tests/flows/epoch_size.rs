//! How large a subnet's epoch may be, by the weights that were measured.

use ganglion_primitives::MAX_UIDS;
use ganglion_runtime::Emissions;
use ganglion_traits::EpochSize;
use sp_io::TestExternalities;

#[test]
fn the_largest_subnets_epoch_fits_a_block() {
	let uids = u16::try_from(MAX_UIDS).unwrap();
	TestExternalities::default().execute_with(|| {
		assert!(Emissions::fits(uids, 256, 1));
		assert!(!Emissions::fits(uids, 1_024, 1), "there is a limit, and it is not far");
		assert!(!Emissions::fits(uids, 256, 2), "each mechanism is an epoch of its own");
	});
}
