//! Random calls over the whole runtime.
fn main() {
	let _ = ganglion_runtime::VERSION;
}
