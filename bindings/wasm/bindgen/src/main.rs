//! `ballotta-bindgen MODULE.wasm FOLDER` writes the module without wasm-bindgen's descriptions, and its JavaScript.

use std::env::args_os;
use std::error::Error;
use std::path::PathBuf;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = args_os().skip(1).map(PathBuf::from).collect();
    let [module, folder] = arguments.as_slice() else { return Err("ballotta-bindgen MODULE.wasm FOLDER".into()) };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("raw").typescript(true).web(true)?.omit_default_module_path(true);
    // The names of functions are not needed, and are a third of the module.
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(folder)?;
    Ok(())
}
