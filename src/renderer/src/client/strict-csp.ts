import { config } from 'zod'

// Imported before anything that makes a schema: zod would otherwise try `new Function` to compile its parsers, which
// the content security policy forbids (and reports).
config({ jitless: true })
