package value

// exactDigits is how many decimal digits every float keeps.
const exactDigits = 15

var powersOfTen = [exactDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plainFloat gives the float nearest to a JSON number that has no exponent and at most exactDigits digits; false for any
// other. The digits and the power of ten are floats as they are, so that one division rounds once (Clinger, How to Read
// Floating Point Numbers Accurately, 1990).
func plainFloat(text string) (float64, bool) {
	if len(text) > exactDigits+2 {
		return 0, false
	}
	i := 0
	if text[0] == '-' {
		i = 1
	}
	digits, point := int64(0), len(text)
	for ; i < len(text); i++ {
		c := text[i] - '0'
		if c <= 9 {
			digits = digits*10 + int64(c)
		} else if text[i] == '.' {
			point = i + 1
		} else {
			return 0, false
		}
	}
	if digits >= 1e15 {
		return 0, false
	}
	f := float64(digits) / powersOfTen[len(text)-point]
	if text[0] == '-' {
		f = -f
	}
	return f, true
}
