import { type Plugin, defineConfig } from 'vite';

/** The browser fetches what both pages need at once, and not one after the other: scripts ask for it later. */
const early: Plugin = {
  name: 'early',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle = {} }) => {
      const named = (pattern: RegExp) => Object.keys(bundle).filter((name) => pattern.test(name));
      const hint = (rel: string, href: string, as?: string) => ({
        tag: 'link', attrs: { rel, href, crossorigin: true, ...(as ? { as } : {}) }, injectTo: 'head' as const,
      });
      return named(/light-[^/]*\.wasm$/).map((name) => hint('preload', `./${name}`, 'fetch'));
    },
  },
};

export default defineConfig({
  plugins: [early],
  // The pages work in any folder of any server.
  base: './',
  build: {
    target: 'es2022',
    // Nothing is inlined, because the content security policy does not allow data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'check.html'] },
  },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['ballotta'] },
});
