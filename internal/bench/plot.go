package bench

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// The picture, in pixels.
const (
	plotWidth, plotHeight          = 860, 560
	left, right, top, bottom       = 80.0, 830.0, 60.0, 490.0
	leastCalls, mostCalls          = 10.0, 2000.0
	leastLatency, mostLatency      = 0.2, 60.0
	letterWidth, letterHeight      = 6.8, 14.0
	ourColour, colour, faintColour = "#c0392b", "#2c3e50", "#95a5a6"
)

type point struct {
	name           string
	calls, latency float64
	colour         string
}

// writePlot draws mean latency against calls for the mixed distribution, both on
// logarithmic axes, where all fixed intervals lie on one line.
func writePlot(b *bytes.Buffer, r results) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="white"/>
<text x="%g" y="28" font-size="16" fill="%s">Mean latency against calls per job, jobs of 30 s to an hour (distribution M, five sub-jobs)</text>
<text x="%g" y="46" fill="%s">Nearer to the lower left corner is better. Written by make bench.</text>
`, plotWidth, plotHeight, plotWidth, plotHeight, left, colour, left, faintColour)
	drawAxes(b)
	line := drawFixedIntervals(b)

	points := []point{}
	for _, s := range stacks() {
		f := r.schedules[cell{s.name, targetDistribution, targetSubJobs}]
		if s.name == ourName {
			points = append(points, point{s.name + ", five sub-jobs", f.calls, f.late.Seconds(), ourColour})
			f = r.schedules[cell{s.name, targetDistribution, 1}]
			points = append(points, point{s.name + ", one sub-job", f.calls, f.late.Seconds(), ourColour})
			continue
		}
		points = append(points, point{s.name, f.calls, f.late.Seconds(), colour})
	}
	drawPoints(b, points, line)
	b.WriteString("</svg>\n")
}

func plotX(calls float64) float64 {
	return left + (right-left)*math.Log(calls/leastCalls)/math.Log(mostCalls/leastCalls)
}

func plotY(latency float64) float64 {
	return bottom - (bottom-top)*math.Log(latency/leastLatency)/math.Log(mostLatency/leastLatency)
}

func drawAxes(b *bytes.Buffer) {
	line := func(x1, y1, x2, y2 float64) {
		fmt.Fprintf(b, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#ecf0f1"/>`+"\n", x1, y1, x2, y2)
	}
	for _, calls := range []float64{10, 20, 50, 100, 200, 500, 1000, 2000} {
		line(plotX(calls), top, plotX(calls), bottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="middle" fill="%s">%g</text>`+"\n", plotX(calls), bottom+18, colour, calls)
	}
	for _, latency := range []float64{0.2, 0.5, 1, 2, 5, 10, 20, 50} {
		line(left, plotY(latency), right, plotY(latency))
		fmt.Fprintf(b, `<text x="%g" y="%.1f" text-anchor="end" fill="%s">%g s</text>`+"\n", left-8, plotY(latency)+4, colour, latency)
	}
	fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="middle" fill="%s">calls per job (logarithmic)</text>`+"\n", (left+right)/2, bottom+42, colour)
	fmt.Fprintf(b, `<text transform="translate(24 %g) rotate(-90)" text-anchor="middle" fill="%s">mean latency (logarithmic)</text>`+"\n", (top+bottom)/2, colour)
}

// drawFixedIntervals draws what a first look at once and then one each so many
// seconds would give, by arithmetic. It returns the places that the line goes through.
func drawFixedIntervals(b *bytes.Buffer) []box {
	const parts = 1000
	var mean float64 // of the durations
	quantile := logNormal(30*time.Second, time.Hour)
	for i := range parts {
		mean += quantile((float64(i)+0.5)/parts).Seconds() / parts
	}
	b.WriteString(`<path fill="none" stroke="` + faintColour + `" stroke-dasharray="4 4" d="`)
	var through []box
	step := "M"
	for interval := 0.7; interval <= 60; interval *= 1.05 {
		gap := interval + roundTrip.Seconds()
		x, y := plotX(mean/gap+1), plotY(gap/2+roundTrip.Seconds()/2)
		fmt.Fprintf(b, "%s%.1f %.1f", step, x, y)
		through = append(through, box{x - 3, y - 3, 6, 6})
		step = "L"
	}
	b.WriteString("\"/>\n")
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s">any fixed interval</text>`+"\n", plotX(300)+8, plotY(1.3), faintColour)
	return through
}

type box struct{ x, y, width, height float64 }

func (a box) overlaps(b box) bool {
	return a.x < b.x+b.width && b.x < a.x+a.width && a.y < b.y+b.height && b.y < a.y+a.height
}

// drawPoints puts each label where it covers nothing.
func drawPoints(b *bytes.Buffer, points []point, taken []box) {
	for _, p := range points {
		x, y := plotX(p.calls), plotY(p.latency)
		taken = append(taken, box{x - 6, y - 6, 12, 12})
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="5" fill="%s"><title>%s: %.1f calls, %.2f s</title></circle>`+"\n",
			x, y, p.colour, p.name, p.calls, p.latency)
	}
	for _, p := range points {
		label := place(plotX(p.calls), plotY(p.latency), letterWidth*float64(len(p.name)), taken)
		taken = append(taken, label)
		weight := "normal"
		if p.colour == ourColour {
			weight = "bold"
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s" font-weight="%s">%s</text>`+"\n",
			label.x, label.y+letterHeight-3, p.colour, weight, p.name)
	}
}

// place finds a free place beside a point: right or left of it, then further and
// further above and below.
func place(x, y, width float64, taken []box) box {
	var label box
	for row := range 9 {
		off := letterHeight * float64((row+1)/2)
		if row%2 == 1 {
			off = -off
		}
		for _, side := range []float64{x + 9, x - 9 - width} {
			label = box{side, y + off - letterHeight/2, width, letterHeight}
			free := label.x > left && label.x+width < plotWidth
			for _, other := range taken {
				free = free && !label.overlaps(other)
			}
			if free {
				return label
			}
		}
	}
	return label
}
