/** The address of a file that the bundler copies. */
declare module 'ballotta/light.wasm?url' {
  const address: string;
  export default address;
}
