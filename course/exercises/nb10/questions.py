"""The quiz questions and predictions of notebook 10."""

from course.learn.items import Prediction, Quiz
from course.learn.registry import register

register(
    Quiz(
        "10.q1",
        "In notebook 09 Alice keeps her images and her first part. For each image Bob gets 32 numbers, which the part "
        "made of it. What did a decoder, fitted to pairs of his own, make of them?",
        {"a": "noise: the part hides the image", "b": "a picture much like the image", "c": "the image, exactly"},
        "b",
        because={
            "a": "The part was made to keep what matters. Cutting a network is no encryption.",
            "b": "Activations tell inputs. Today's numbers must not.",
            "c": "It was a little blurred: 32 numbers for 64 pixels.",
        },
    )
)
register(
    Quiz(
        "10.q2",
        "You record a plan. In the function stands `noise = random.random()`, Python's, and the noise is added. The "
        "plan runs a thousand times. How often is noise drawn?",
        {"a": "once, while it was recorded", "b": "a thousand times", "c": "never"},
        "a",
        because={
            "a": "What Python computes while recording is a constant of the plan. A mask must be none.",
            "b": "A plan is a list of tensor operations. Python's draw is none of them.",
            "c": "The function runs once, while it is recorded. What it draws then is a constant of the plan.",
        },
    )
)
register(
    Quiz(
        "10.q3",
        "An office trains the model of notebook 06 on its own skewed digits, and you see only its update. What does "
        "the update tell about its digits?",
        {"a": "nothing: it is weights, not images", "b": "how many rows it has", "c": "which digits are frequent"},
        "c",
        because={
            "a": "Weights were made from images. Those of the last layer tell of labels.",
            "b": "That is told by the number of batches. The update tells more.",
            "c": "It tells which labels it was mostly made from.",
        },
    )
)
register(
    Prediction(
        "10.p1",
        "Bob's share is a draw, Claire's was computed from the salary. Each sees only their own. Who learns more "
        "about the salary?",
        {"a": "Bob", "b": "Claire", "c": "neither learns anything"},
        "c",
        because="The salary minus a uniform number is uniform. Which of the two was drawn, nobody can tell from them.",
    )
)
register(
    Prediction(
        "10.p2",
        "Each of three holders adds 100 to its share of 3,200. Which number is opened?",
        {},
        3500,
        because="Each 100 is a part of the sum, and there are three. A constant is for one holder alone.",
    )
)
register(
    Prediction(
        "10.p3",
        "0.0005 is encoded with three digits, halves to the even neighbour, and decoded. Which number comes back?",
        {},
        0,
        because="In thousandths it is a half, between 0 and 1. The even one of these is 0, and there is no way back.",
    )
)
register(
    Prediction(
        "10.p4",
        "Three holders each divide their own share of a product by 1,000. How many of 10,000 results are right, to "
        "within 3?",
        {"a": "all", "b": "about three in four", "c": "almost none"},
        "b",
        because="In one case of four the shares add up to the product plus or minus 2**64, a full turn. The turn "
        "vanishes on the ring. A thousandth of it does not.",
    )
)
register(
    Prediction(
        "10.p5",
        "Theo's mask is drawn once. Claire has the second share of January and that of June. How much of Alice's raise "
        "can she work out alone?",
        {},
        250,
        because="In Theo's cell as it was, the same mask stands in both of her shares. Subtracted, it is gone.",
    )
)
register(
    Quiz(
        "10.q4",
        "Somebody changes `count - 1` in `split` to `count - 2`, as if one draw could be saved. For three holders it "
        "still runs: torch copies the one row into both places. What breaks?",
        {
            "a": "the sum: the shares no longer add up to the secret",
            "b": "privacy: two of the three holders know the secret together",
            "c": "nothing: the last share hides it all the same",
        },
        "b",
        because={
            "a": "The last share is the secret minus all rows, equal or not. The sum is right: no test of it warns.",
            "b": "Two shares are one mask. Who has it and the last share, secret - 2 * mask, has everything.",
            "c": "The last share is secret - 2 * mask, and two others hold that mask.",
        },
    )
)
register(
    Quiz(
        "10.q5",
        "Textbooks split secrets modulo a large prime. `split` computes modulo 2**64, which is none. What does that "
        "cost?",
        {
            "a": "nothing: the shares hide as well, and add up",
            "b": "privacy: even numbers leak",
            "c": "exactness: sums that wrap around are lost",
        },
        "a",
        because={
            "a": "A uniform number plus any number is uniform on a ring of any size. A prime is for division.",
            "b": "The lowest bit of a uniform number is a fair coin. Added to the secret's, it is one still.",
            "c": "Wrapping around is the arithmetic of the ring: the sum comes out as the secret.",
        },
    )
)
