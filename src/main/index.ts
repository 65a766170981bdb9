import { join } from 'node:path'
import { composeCore } from './compose.ts'
import { giveUp, prepareElectron, startShell } from './electron/shell.ts'
import { placesFromEnv } from './platform/places.ts'
import { stderrLogger } from './platform/system.ts'
import { peekSettings } from './settings/store.ts'

// Desktop composition: wiring only. No top-level await: Electron is ready only after this module has run to its end.

const logger = stderrLogger('warn')
const places = placesFromEnv(process.env, import.meta.dirname)
const { hardwareAcceleration } = peekSettings(places.configDir)

async function run(): Promise<void> {
  const composed = await composeCore({ host: 'electron', places, logger })
  if (!composed.ok) throw new Error(composed.error)
  await startShell({
    endpoint: composed.value.endpoint,
    places: {
      rendererDir: places.rendererDir,
      preloadPath: join(places.entryDir, '..', 'preload', 'index.cjs'),
      resourcesDir: join(places.entryDir, '..', '..', 'resources')
    },
    logger,
    onQuit: () => composed.value.dispose()
  })
}

if (prepareElectron({ hardwareAcceleration })) {
  run().catch((error: unknown) => {
    logger.error('Firebreak could not start', error)
    giveUp()
  })
}
