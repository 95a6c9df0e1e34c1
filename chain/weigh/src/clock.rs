//! The clock of benchmarks: processor time of the thread that runs the wasm, so that what else the machine does is not
//! measured.

#![allow(unsafe_code)] // The standard library has no clock of threads.
#![allow(dead_code)] // The function is for the other side.

use sp_runtime_interface::{pass_by::AllocateAndReturnPointer, runtime_interface};

/// Takes the place of frame-benchmarking's function of the same name.
#[runtime_interface]
pub trait Benchmarking {
	/// Nanoseconds that this thread has run, little endian.
	fn current_time() -> AllocateAndReturnPointer<[u8; 16], 16> {
		let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
		// SAFETY: the pointer is to a value of the right type that outlives the call.
		let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
		assert_eq!(failed, 0, "the system has no clock of threads");
		(time.tv_sec as u128 * 1_000_000_000 + time.tv_nsec as u128).to_le_bytes()
	}
}
