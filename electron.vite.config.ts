import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname
const at = (path: string): string => resolve(root, path)

// Everything in `dependencies` stays external (koffi, systeminformation); the rest is bundled, so that the
// packaged app carries no node_modules beyond those two.
export default defineConfig({
  main: {
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
