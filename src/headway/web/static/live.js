// A page that is live says so by data-live-from. Without an event stream it stays as it is.
