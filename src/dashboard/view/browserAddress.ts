import type { PageAddress } from './pageAddress.ts'

export const browserAddress: PageAddress = {
  get pathname() {
    return location.pathname
  },
  get search() {
    return location.search
  },
  get hash() {
    return location.hash
  },
  push(address) {
    history.pushState(history.state, '', address)
  },
  onBack(action) {
    addEventListener('popstate', action)
    return () => removeEventListener('popstate', action)
  },
}
