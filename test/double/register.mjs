// Makes 'electron' resolve to the double (needs Node ≥ 22.15).
import { registerHooks } from 'node:module'

const url = new URL('./electron.mjs', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' || specifier === 'electron/main'
      ? { url, shortCircuit: true }
      : next(specifier, context)
})
process.versions.electron ??= '45.4.1-double'
process.type = 'browser'
process.resourcesPath ??= process.cwd()
