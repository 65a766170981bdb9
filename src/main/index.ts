import { join } from 'node:path'
import { composeCore } from './compose.ts'
import { giveUp, prepareElectron, startShell } from './electron/shell.ts'
import { placesFromEnv, resourcesDir } from './platform/places.ts'
import { stderrLogger, surviveClosedStreams } from './platform/system.ts'
import { peekSettings } from './settings/store.ts'

// Desktop composition: wiring only.

surviveClosedStreams()
const logger = stderrLogger('warn')
const places = placesFromEnv(process.env, import.meta.dirname)

async function main(): Promise<void> {
  // The core comes before the window; what it wants to show until then has no place.
  let openPanel = (): void => undefined
  const composed = await composeCore({ host: 'electron', places, logger, openPanel: () => openPanel() })
  if (!composed.ok) {
    logger.error(composed.error)
    return giveUp(composed.error)
  }
  const shell = await startShell({
    endpoint: composed.value.endpoint,
    places: {
      rendererDir: places.rendererDir,
      preloadPath: join(places.entryDir, '..', 'preload', 'index.cjs'),
      resourcesDir: resourcesDir(places.entryDir)
    },
    logger,
    onQuit: () => composed.value.dispose()
  })
  openPanel = shell.open
}

const first = prepareElectron({
  hardwareAcceleration: peekSettings(places.configDir).hardwareAcceleration,
  userDataDir: join(places.dataDir, 'electron')
})
if (first) {
  // No top-level await: Electron becomes ready only after this module has been evaluated to its end.
  main().catch((error: unknown) => {
    logger.error('Firebreak could not start', error)
    void giveUp(error instanceof Error ? error.message : String(error))
  })
}
