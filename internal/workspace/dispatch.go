package workspace

import "time"

// dispatcher has the jobs of one project looked at when that is due, the most
// overdue first, by few goroutines however many jobs there are. Projects do not wait
// for each other's tokens. Its fields are guarded by Client.mu.
type dispatcher struct {
	client *Client
	queue  queue[*poll]
	// busy is how many goroutines there are: none while nothing is due.
	busy  int
	timer *time.Timer
}

// dispatch sees to it that all in the queue are looked at when they are due.
func (d *dispatcher) dispatch() {
	for d.busy < workers {
		p := d.next()
		if p == nil {
			return
		}
		d.busy++
		go d.work(p)
	}
}

func (d *dispatcher) work(p *poll) {
	for p != nil {
		p.look()
		p = d.another()
	}
}

// another is the next look of a goroutine that has looked; without one, it ends.
func (d *dispatcher) another() *poll {
	d.client.mu.Lock()
	defer d.client.mu.Unlock()
	p := d.next()
	if p == nil {
		d.busy--
		return nil
	}
	d.dispatch() // This one may be away for long.
	return p
}

// next takes what is due the longest out of the queue, for a look. It returns nil
// where nothing is, and has the timer come back when something will be.
func (d *dispatcher) next() *poll {
	if len(d.queue) == 0 {
		return nil
	}
	p := d.queue[0]
	if wait := time.Until(p.due); wait > 0 {
		d.arm(wait)
		return nil
	}
	d.queue.remove(p)
	p.looking, p.before = true, p.calls
	return p
}

func (d *dispatcher) arm(wait time.Duration) {
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, func() {
			d.client.mu.Lock()
			defer d.client.mu.Unlock()
			d.dispatch()
		})
		return
	}
	d.timer.Reset(wait)
}
