//! Compiles the schema without `protoc`, and keeps its descriptors for the JSON form of frames.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto/messages.proto");
    let descriptors = protox::compile(["proto/messages.proto"], ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("messages.bin"), descriptors.encode_to_vec())?;
    prost_build::Config::new()
        .bytes(["."])
        .compile_fds(descriptors)?;
    Ok(())
}
