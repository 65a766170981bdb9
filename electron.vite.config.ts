import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname
const at = (path: string): string => resolve(root, path)

/** One character beyond Latin-1 makes V8 keep the whole of a file's text in two bytes each: 1.4 MiB of the core. */
const oneByteSource = {
  name: 'one-byte-source',
  generateBundle(_options: unknown, bundle: Record<string, { code?: string }>): void {
    for (const chunk of Object.values(bundle)) {
      chunk.code &&= chunk.code.replaceAll(
        /[^\0-\xff]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      )
    }
  }
}

// Everything in `dependencies` stays external (koffi, systeminformation); the rest is bundled, so that the
// packaged app carries no node_modules beyond those two.
export default defineConfig({
  main: {
    plugins: [oneByteSource],
    build: {
      target: 'node24',
      minify: false,
      rollupOptions: {
        input: {
          index: at('src/main/index.ts'),
          headless: at('src/main/headless.ts'),
          'gpu-probe': at('src/main/gpu-probe/main.ts'),
          sentinel: at('src/main/sentinel/main.ts'),
          'static-facts': at('src/main/facts/main.ts'),
          helper: at('src/main/helper/main.ts'),
          'drill-eater': at('src/main/drill/eater.ts'),
          cli: at('src/cli/main.ts')
        },
        external: ['electron', 'bufferutil', 'utf-8-validate']
      }
    }
  },
  preload: {
    build: {
      target: 'node24',
      externalizeDeps: false,
      rollupOptions: {
        input: { index: at('src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' }
      }
    }
  },
  renderer: {
    root: at('src/renderer'),
    plugins: [react()],
    build: {
      target: 'chrome156',
      minify: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input: { index: at('src/renderer/index.html') } }
    }
  }
})
